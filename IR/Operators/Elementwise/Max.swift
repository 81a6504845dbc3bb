/// The greatest of any number of tensors, broadcast; NaN where one is.
package struct Max: Elementwise {
  package static let schema = OperatorSchema(
    "Max", operands: ["data_0*"], results: ["max"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var isVectorizable: Bool { true }

  /// Pairwise from the left.
  package func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    builder.joined("most", x) { $0.maximumOrNaN($1) }
  }
}
