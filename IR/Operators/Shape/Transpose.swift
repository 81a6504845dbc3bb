/// The axes in another order.
package struct Transpose: ElementCarrier {
  package static let schema = OperatorSchema(
    "Transpose", operands: ["data"], results: ["transposed"], attributes: ["perm": nil])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// For each new axis the old one; reversed if absent.
  ///
  /// - Parameter rank: The operand's rank.
  /// - Returns: A permutation of `0 ..< rank` if the attribute is one.
  package func order(rank: Int) -> [Int] { settings.ints("perm") ?? (0..<rank).reversed() }

  /// The permuted shape.
  ///
  /// - Throws: `transpose-perm`.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let data = try context.type(0)
    let order = order(rank: data.rank)
    guard order.sorted() == Array(0..<data.rank) else {
      throw DiagnosticMessage(
        "transpose-perm", "perm \(order) is not a permutation of the axes of \(data)")
    }
    return [TensorType(data.element, order.map { data.shape[$0] })]
  }

  /// The operand's memory with permuted strides.
  package func view(of operand: TensorView, _ context: InferenceContext) -> [TensorView]? {
    [operand.permuted(order(rank: operand.rank))]
  }

  /// Copies in the new order.
  ///
  /// - Throws: `missing-operand`.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let x = try builder.operand(0)
    builder.copyElements(from: x.permuted(order(rank: x.rank)), to: try builder.result())
  }
}
