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
/// (`record=`, key `xnorm2`); sums of one layer that come from several parameters add up. Scores rank inside each output channel unless `scope` says otherwise.
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
      .data(isRequired: false)
    ] + RecordOptions.options(isRequired: false) + [
      .sparsity, .keep,
      PassOption("threshold", .decimal(0...1e300), "Weights of a smaller score go"),
      .state,
    ] + SelectionOptions.options(scopes: [.row, .local, .global], default: .row),
    statistics: ["tensors-pruned", "weights-zeroed"],
    example: "@default,prune-wanda{data=samples,sparsity=0.6},sparsify")

  private let data: String?
  private let record: RecordOptions?
  private let state: StateOption
  private let selection: SelectionOptions

  /// Makes the pass.
  ///
  /// - Parameter options: Samples or a record, one of the amounts, and how units are ranked.
  /// - Throws: `pass-option-exclusive` unless exactly one source and one amount are given, or for options
  ///   of the other source, `prune-block`, `record-partial`.
  public init(options: PassOptions) throws {
    let source = try options.exactlyOne(of: ["data", "record"])
    data = source == "data" ? try options.path("data") : nil
    record = source == "record" ? try RecordOptions(options) : nil
    let others = source == "data" ? ["record-map", "record-partial"] : ["state"]
    if let wrong = others.first(where: options.isGiven) {
      throw DiagnosticMessage(
        "pass-option-exclusive", "\(wrong) has no meaning with \(source)=",
        notes: ["leave it out"])
    }
    state = StateOption(options, of: Self.info)
    selection = try SelectionOptions(options, amounts: ["sparsity", "keep", "threshold"])
    try record?.check(selection)
  }

  /// Zeroes weights.
  ///
  /// - Parameters:
  ///   - graph: The model.
  ///   - context: Samples or the record; gets a table of the weights, and warnings.
  /// - Throws: What is wrong with the samples, the record or the state, `prune-not-finite`,
  ///   `samples-not-finite`, and why the model could not be run.
  public func run(on graph: inout Graph, _ context: inout PassContext) throws {
    let weights = graph.prunableWeights(context).filter { !selection.ignores($0, graph) }
    if weights.isEmpty { return graph.warnOfNoWeights(&context) }
    try graph.requireFinite(weights)
    var pruning = ElementPruning(pass: Self.info.name, options: selection)
    if case .bound(_, let number) = selection.amount {
      pruning.bound = { _, _ in .below(number.double) }
    }
    if let record {
      try prune(weights, by: record, pruning, &graph, &context)
    } else {
      try prune(weights, onSamples: data ?? "", pruning, &graph, &context)
    }
  }

  private func prune(
    _ weights: [PrunableWeight], onSamples path: String, _ pruning: ElementPruning,
    _ graph: inout Graph, _ context: inout PassContext
  ) throws {
    graph.inlineFused(by: context.preparation)
    let samples = try context.services.readSamples(path, graph)
    let measured = MeasuredLayers(weights, in: graph)
    measured.warnOfRefused(graph, &context)
    if measured.layers.isEmpty { return }
    let log = LayerLog(context, try state.open(graph, ModelGates(), samples, context))
    let keys = try WandaKeys.measured(measured.layers, samples, graph, context.services, log)
    var pruning = pruning
    pruning.source = (
      "input",
      measured.layers.map { layer in
        "\(samples.count) x \(layer.inputs.reduce(0) { $0 + $1.input.positions }) rows"
      }
    )
    try pruning.prune(
      measured.layers.map(\.weight), by: keys, width: .double, on: &graph, &context)
  }

  private func prune(
    _ weights: [PrunableWeight], by record: RecordOptions, _ pruning: ElementPruning,
    _ graph: inout Graph, _ context: inout PassContext
  ) throws {
    let recorded = try RecordedWeights(weights, record, graph, &context)
    if recorded.ranked.isEmpty { return context.warn(.nothing("the record owns no weight")) }
    try recorded.require(.wanda, &context)
    let keys = try recorded.weights.indices.map { try WandaKeys(recorded, $0, graph) }
    var pruning = pruning
    pruning.source = ("input", recorded.descriptions)
    pruning.owners = recorded.owners
    try pruning.prune(
      recorded.ranked.map(\.weight), by: recorded.keys(.double) { keys[$0] }, width: .double,
      on: &graph, &context)
  }
}
