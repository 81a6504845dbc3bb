/// The mean of any number of tensors, broadcast.
package struct Mean: FloatOperator {
  package static let schema = OperatorSchema(
    "Mean", operands: ["data_0*"], results: ["mean"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var isVectorizable: Bool { true }

  /// The sum from the left, divided by the count.
  package func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    builder.joined("sum", x) { $0 + $1 } / x[0].like(Double(x.count))
  }
}
