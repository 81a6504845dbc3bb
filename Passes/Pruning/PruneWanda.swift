public import CoppiceIR
public import CoppicePassManager
import CoppiceRecords

/// Zeroes the weights with the smallest products of magnitude and input.
///
/// ```
///   %w = constant [1.0, 2.0, 3.0, 4.0] : f32[2,2]
///   %y = Gemm(%x, %w) {transB = 1} : f32[1,2]
/// ```
/// becomes, with `prune-wanda{data=samples,sparsity=0.5}` where the first element of `%x` is ten times
/// the second,
/// ```
///   %w = constant [1.0, 0.0, 3.0, 0.0] : f32[2,2]
///   %y = Gemm(%x, %w) {transB = 1} : f32[1,2]
/// ```
///
/// A weight's score is its magnitude times the Euclidean norm of what it meets (Sun et al. 2023): over
/// all samples and positions, for each input channel and tap of each group. The norms are measured on
/// samples in the model as it is (`data=`), or come from a training record's sums of squares
/// (`record=`, key `xnorm2`). Scores rank inside each output channel unless `scope` says otherwise.
/// Units, counts and ties are those of `prune-magnitude`.
///
/// - Complexity: one run over the samples; O(*n*) for *n* elements, and the scores of one tensor at a
///   time.
public struct PruneWanda: Pass {
  /// Name, options and statistics.
  public static let info = PassInfo(
    name: "prune-wanda", summary: "Zero the weights with the smallest magnitude times input",
    exactness: .approximate,
    options: [
      .data(isRequired: false),
      PassOption("record", .path, "The training record, safetensors in prunerec/1"), .sparsity,
      .keep, PassOption("threshold", .decimal(0...1e300), "Weights of a smaller score go"),
    ] + SelectionOptions.options(scopes: [.row, .local, .global], default: .row),
    statistics: ["tensors-pruned", "weights-zeroed"])

  private let data: String?
  private let record: String?
  private let selection: SelectionOptions

  /// Makes the pass.
  ///
  /// - Parameter options: Samples or a record, one of the amounts, and how units are ranked.
  /// - Throws: `pass-option-exclusive` unless exactly one source and one amount are given,
  ///   `prune-block`.
  public init(options: PassOptions) throws {
    let source = try options.exactlyOne(of: ["data", "record"])
    data = source == "data" ? try options.path("data") : nil
    record = source == "record" ? try options.path("record") : nil
    selection = try SelectionOptions(options, amounts: ["sparsity", "keep", "threshold"])
  }

  /// Zeroes weights.
  ///
  /// - Parameters:
  ///   - graph: The model.
  ///   - context: Samples or the record; gets a table of the weights, and warnings.
  /// - Throws: What is wrong with the samples or the record, `prune-not-finite`,
  ///   `samples-not-finite`, and why the model could not be run.
  public func run(on graph: inout Graph, _ context: inout PassContext) throws {
    let weights = graph.prunableWeights(context).filter { !selection.ignores($0, graph) }
    if weights.isEmpty { return graph.warnOfNoWeights(&context) }
    try graph.requireFinite(weights)
    let norms =
      if let data {
        try measured(weights, data, &graph, &context)
      } else {
        try recorded(weights, record ?? "", graph, &context)
      }
    if norms.isEmpty { return }
    var pruning = ElementPruning(pass: Self.info.name, options: selection)
    pruning.source = ("input", norms.map(\.source))
    if case .bound(_, let number) = selection.amount {
      pruning.bound = { _, _ in .below(number.double) }
    }
    try pruning.prune(norms.map(\.weight), by: norms, width: .double, on: &graph, &context)
  }

  private func measured(
    _ weights: [PrunableWeight], _ path: String, _ graph: inout Graph, _ context: inout PassContext
  ) throws -> [WandaKeys] {
    graph.inlineFused(by: Self.info.name)
    let samples = try context.services.readSamples(path, graph)
    let layers = MeasuredLayers(weights, in: graph)
    layers.warnOfRefused(graph, &context)
    if layers.layers.isEmpty { return [] }
    return try WandaKeys.measured(layers.layers, samples, graph, context.services)
  }

  private func recorded(
    _ weights: [PrunableWeight], _ path: String, _ graph: Graph, _ context: inout PassContext
  ) throws -> [WandaKeys] {
    let tensors = ServiceTensors(name: path, tensors: try context.services.openTensors(path))
    let record = try TrainingRecord(tensors)
    for note in record.notes { context.note(DiagnosticMessage("record-note", note)) }
    let matches = try RecordMatcher(record).match(
      weights.compactMap { graph.matchTarget($0, context) })
    return try zip(weights, matches).map { weight, match in
      try WandaKeys(weight, match, record, graph)
    }
  }
}
