/// The least of any number of tensors, broadcast; NaN where one is.
package struct Min: Elementwise {
  package static let schema = OperatorSchema(
    "Min", operands: ["data_0*"], results: ["min"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var isVectorizable: Bool { true }

  /// Pairwise from the left.
  package func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    builder.joined("least", x) { $0.minimumOrNaN($1) }
  }
}
