/// The same elements without axes of extent 1.
package struct Squeeze: Reshaping {
  package static let schema = OperatorSchema(
    "Squeeze", operands: ["data", "axes?"], results: ["squeezed"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Moves the `axes` attribute of opsets 1 to 12 to an operand.
  package static func adapt(_ node: inout ForeignNode) throws(DiagnosticMessage) {
    node.moveAttribute("axes", toOperand: 1)
  }

  /// Drops the named axes, or all of extent 1.
  ///
  /// - Throws: `squeeze-extent`, `axis-range`, `axis-twice`, `unknown-value`.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let data = try context.type(0)
    guard context.has(1) else {
      return [TensorType(data.element, data.shape.filter { $0 != 1 })]
    }
    let given = try context.integers(1, "the axes")
    let axes = try distinctAxes(given, rank: data.rank)
    guard axes.allSatisfy({ data.shape[$0] == 1 }) else {
      throw DiagnosticMessage("squeeze-extent", "axes \(axes) of \(data) are not all of extent 1")
    }
    let kept = data.shape.indices.filter { !axes.contains($0) }
    return [TensorType(data.element, kept.map { data.shape[$0] })]
  }

  /// The axes that lead to the declared shape.
  package func impliedOperands(_ context: InferenceContext) -> [Int: ImpliedOperand] {
    guard let (count, result) = context.shown(1), let data = context.operands[0] else { return [:] }
    let sets = choices(of: count, in: data.rank) { axes in
      axes.allSatisfy { data.shape[$0] == 1 }
        && reducedShape(data.shape, axes, keep: false) == result.shape
    }
    return ImpliedOperand(axes: sets, rank: data.rank).map { [1: $0] } ?? [:]
  }
}
