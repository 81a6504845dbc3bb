/// The p-norm of each window.
package struct LpPool: Pooling {
  package static let schema = OperatorSchema(
    "LpPool", operands: ["X"],
    attributes: [
      "auto_pad": .string("NOTSET"), "ceil_mode": .int(0), "dilations": nil, "kernel_shape": nil,
      "p": .int(2), "pads": nil, "strides": nil,
    ],
    allowed: ["p": .integers(1...1024)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var storesOnce: Bool { true }
  /// 1e-4: powers differ between libraries.
  package var tolerance: Double { 1e-4 }

  /// Rounds the real `p` of opset 1.
  package static func adapt(_ node: inout ForeignNode) throws(DiagnosticMessage) {
    try node.adaptNormOrder()
  }

  /// Resolves the windows.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let x = try context.real(0)
    let window = try SpatialWindow(pooling: settings, x)
    try checkNormOrder(settings)
    return [TensorType(x.element, Array(x.shape[..<2]) + window.output)]
  }

  /// One pass over the windows.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, y) = (try builder.operand(0), try builder.result())
    let window = try SpatialWindow(pooling: settings, TensorType(x.element, x.shape))
    let p = settings.int("p")
    builder.loops(y.shape) { index in
      let sum = builder.declare("sum", .constant(0, y.element))
      _ = window.forEachTap(builder, index, Array(x.shape[2...])) { place in
        builder.accumulate(sum, builder.define("x", x[place]).normTerm(p))
      }
      builder.store(Expr.variable(sum).normRoot(p), to: y, at: index)
    }
  }
}

extension ForeignNode {
  /// Rounds the real `p` of opset 1, where it must be whole.
  package mutating func adaptNormOrder() throws(DiagnosticMessage) {
    guard case .float(let p)? = attributes["p"] else { return }
    guard p == p.rounded(), 1...1024 ~= p else {
      throw DiagnosticMessage("norm-order", "p is \(p); it must be a whole number from 1 to 1024")
    }
    attributes["p"] = .int(Int(p))
  }
}

/// Checks that `p` is usable.
package func checkNormOrder(_ settings: Settings) throws(DiagnosticMessage) {
  let p = settings.int("p")
  guard 1...1024 ~= p else {
    throw DiagnosticMessage("norm-order", "p is \(p); it must be a whole number from 1 to 1024")
  }
}

extension Expr {
  /// `|x|^p`.
  package func normTerm(_ p: Int) -> Expr {
    if p == 2 { return self * self }
    let size = Expr.unary(.abs, self)
    return p == 1 ? size : .math(.pow, [size, .constant(Double(p), element)])
  }

  /// `x^(1/p)`.
  package func normRoot(_ p: Int) -> Expr {
    if p == 1 { return self }
    return p == 2 ? applying(.sqrt) : .math(.pow, [self, .constant(1 / Double(p), element)])
  }
}
