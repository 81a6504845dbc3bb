/// Each element divided by a power of the sum of squares of its neighbour channels.
package struct LRN: Operator {
  package static let schema = OperatorSchema(
    "LRN", operands: ["X"],
    attributes: ["alpha": .float(1e-4), "beta": .float(0.75), "bias": .float(1), "size": .int(1)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  /// The number of channels summed.
  package var size: Int { settings.int("size") }
  package var storesOnce: Bool { true }
  /// 1e-4: powers differ between libraries.
  package var tolerance: Double { 1e-4 }

  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let x = try context.real(0)
    guard x.rank >= 2, 1...(1 << 24) ~= size else {
      throw DiagnosticMessage(
        "lrn-size", "size \(size) must be 1 or more and X must have channels", notes: ["X is \(x)"])
    }
    return [TensorType(x.element, x.shape)]
  }

  /// The sum of squares is taken anew for each element.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, y) = (try builder.operand(0), try builder.result())
    let (alpha, beta) = (settings.float("alpha"), settings.float("beta"))
    let bias = Expr.constant(Double(settings.float("bias")), x.element)
    let (below, above) = ((size - 1) / 2, size / 2)
    builder.loops(x.shape) { index in
      let sum = builder.declare("sum", .constant(0, x.element))
      let first = builder.define("first", (index[1] - below).maximum(.integer(0)))
      let end = builder.define("end", (index[1] + (above + 1)).minimum(.integer(x.shape[1])))
      builder.loop("c", from: first, to: end) { channel in
        var place = index
        place[1] = channel
        let value = builder.define("v", x[place])
        builder.accumulate(sum, value * value)
      }
      let base = bias + Expr.variable(sum).scaled(by: alpha / Float(size))
      let power = Expr.math(.pow, [base, .constant(Double(beta), x.element)])
      builder.store(x[index] / power, to: y, at: index)
    }
  }
}
