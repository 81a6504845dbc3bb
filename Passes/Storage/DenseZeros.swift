public import CoppiceIR
public import CoppicePassManager

extension StandardPasses {
  /// The part of zeros from which dense weights deserve a warning.
  private static let manyZeros = 0.5

  /// Warns when a pipeline leaves many zeros in dense weights without having judged them.
  ///
  /// - Parameters:
  ///   - graph: As the pipeline left it.
  ///   - pipeline: The pipeline.
  /// - Returns: The warning; `nil` if there is nothing to warn of, or if `sparsify` ran.
  /// - Complexity: O(elements).
  public static func warningOfDenseZeros(
    in graph: Graph, after pipeline: ResolvedPipeline
  ) -> DiagnosticMessage? {
    guard !pipeline.passNames.contains(Sparsify.info.name) else { return nil }
    let uses = graph.uses()
    var (elements, nonzeros) = (0, 0)
    for value in graph.constantValues {
      guard let constant = graph.constant(value), case .dense = constant.storage,
        case .weight = graph.weightReading(value, uses)
      else { continue }
      elements += constant.type.count
      nonzeros += constant.nonzeroCount
    }
    guard elements > 0 else { return nil }
    let zeros = 1 - Double(nonzeros) / Double(elements)
    guard zeros >= manyZeros else { return nil }
    return DiagnosticMessage(
      "dense-zeros", "\(Int((zeros * 100).rounded())) % zeros stored dense: add sparsify")
  }
}
