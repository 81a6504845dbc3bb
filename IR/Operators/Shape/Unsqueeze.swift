/// The same elements with further axes of extent 1.
package struct Unsqueeze: Reshaping {
  package static let schema = OperatorSchema(
    "Unsqueeze", operands: ["data", "axes"], results: ["expanded"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Moves the `axes` attribute of opsets 1 to 12 to an operand.
  package static func adapt(_ node: inout ForeignNode) throws(DiagnosticMessage) {
    node.moveAttribute("axes", toOperand: 1)
  }

  /// Puts 1 at the named axes of the result.
  ///
  /// - Throws: `axis-range`, `axis-twice`, `unknown-value`.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let data = try context.type(0)
    let given = try context.integers(1, "the axes")
    let axes = try distinctAxes(given, rank: data.rank + given.count)
    var shape = data.shape
    for axis in axes.sorted() { shape.insert(1, at: axis) }
    return [TensorType(data.element, shape)]
  }

  /// The axes that lead to the declared shape.
  package func impliedOperands(_ context: InferenceContext) -> [Int: ImpliedOperand] {
    guard let (count, result) = context.shown(1), let data = context.operands[0] else { return [:] }
    let sets = choices(of: count, in: result.rank) { axes in
      axes.allSatisfy { result.shape[$0] == 1 }
        && reducedShape(result.shape, axes, keep: false) == data.shape
    }
    return ImpliedOperand(axes: sets, rank: result.rank).map { [1: $0] } ?? [:]
  }
}
