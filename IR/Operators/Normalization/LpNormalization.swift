/// An axis divided by its 1-norm or 2-norm; where the norm is 0 the result is 0.
package struct LpNormalization: Operator {
  package static let schema = OperatorSchema(
    "LpNormalization", operands: ["input"], results: ["output"],
    attributes: ["axis": .int(-1), "p": .int(2)],
    allowed: ["p": .integers(1...2)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var storesOnce: Bool { true }

  /// Checks `axis` and `p`.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let x = try context.real(0)
    _ = try normalizedAxis(settings.int("axis"), rank: x.rank)
    guard x.rank > 0, 1...2 ~= settings.int("p") else {
      throw DiagnosticMessage("norm-order", "p must be 1 or 2, and input must have an axis")
    }
    return [TensorType(x.element, x.shape)]
  }

  /// A pass for the norm and a pass that divides.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, y) = (try builder.operand(0), try builder.result())
    let axis = try normalizedAxis(settings.int("axis"), rank: x.rank)
    let isEuclidean = settings.int("p") == 2
    let axes = ReducedAxes(x.shape, [axis])
    let zero = Expr.constant(0, x.element)
    axes.outer(builder) { index in
      let sum = builder.declare("sum", zero)
      axes.inner(builder, index) { index in
        let term = isEuclidean ? x[index] * x[index] : .unary(.abs, x[index])
        builder.accumulate(sum, term)
      }
      let total = isEuclidean ? Expr.variable(sum).applying(.sqrt) : .variable(sum)
      let norm = builder.define("norm", total)
      axes.inner(builder, index) { index in
        let isZero = norm.compared(.eq, zero)
        builder.store(.select(isZero, zero, x[index] / norm), to: y, at: index)
      }
    }
  }
}
