/// The sum of any number of tensors, broadcast.
package struct Sum: FloatOperator {
  package static let schema = OperatorSchema(
    "Sum", operands: ["data_0*"], results: ["sum"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var isVectorizable: Bool { true }

  /// From the left.
  package func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    builder.joined("sum", x) { $0 + $1 }
  }
}
