public import CoppiceIR
public import CoppicePassManager

/// Zeroes the weights that a layer's results miss least on samples, and lets the others make up for
/// them.
///
/// ```
///   %w = constant [1.0, 1.0] : f32[1,2]
///   %y = Gemm(%x, %w) {transB = 1} : f32[1,1]
/// ```
/// becomes, with `prune-obs{data=samples,sparsity=0.5}` where both elements of `%x` are always equal,
/// ```
///   %w = constant [0.0, 1.99] : f32[1,2]
///   %y = Gemm(%x, %w) {transB = 1} : f32[1,1]
/// ```
///
/// Layers are taken in the order of the file. The inputs of each are measured on the samples, behind
/// layers that are pruned already (`inputs=pruned`) or in the model as it was; with X as a row for each
/// position and a column for each input channel and tap (im2col, for each group), the Hessian of the
/// squared error of its results is 2 X^T X, to whose diagonal `damp` times its mean is added.
///
/// `method=sparsegpt` chooses among `columns=` columns at a time by w² / U², where U is the diagonal of
/// the upper factor of the inverse Hessian, and spreads the error of each column over those to the
/// right (Frantar and Alistarh 2023). `method=obs` removes from each row the element with the least
/// w² / (2 [H^-1]), and updates the whole row each time (Hassibi and Stork 1993): closer, and for small
/// layers only. Counts are exact and of the whole tensor: after each stretch of columns it has lost its
/// share. Of equal scores the later one goes. All sums are in double and in one order, so that the
/// weights are the same on every machine.
///
/// A state keeps each layer that is done; a run that accounts for each unit measures all layers again.
///
/// Inputs of convolutions, of Gemm and MatMul and of recurrent layers are measured, their states too
/// where they are a result of the layer; weights that cannot be measured stay, with the reason.
///
/// - Complexity: O(rows of X * columns² + columns³ + elements * columns) for each layer; the Hessian of
///   one layer and the values that are alive there, of all samples, at a time.
public struct PruneObs: Pass {
  /// Name, options and statistics.
  public static let info = PassInfo(
    name: "prune-obs",
    summary: "Zero the weights that results miss least on samples; others make up for them",
    exactness: .approximate, options: PassOption.obs,
    statistics: ["tensors-pruned", "weights-zeroed"],
    example: "@default,prune-obs{data=samples,sparsity=0.7},sparsify")

  private let path: String
  private let settings: ObsSettings
  private let state: StateOption

  /// Makes the pass.
  ///
  /// - Parameter options: See `info`.
  /// - Throws: `pass-option-exclusive` unless exactly one amount is given, `prune-block`, `obs-block`.
  public init(options: PassOptions) throws {
    path = try options.path("data")
    settings = try ObsSettings(options: options)
    state = StateOption(options, of: Self.info)
  }

  /// Zeroes weights and updates others.
  ///
  /// - Parameters:
  ///   - graph: The model.
  ///   - context: Samples and what runs the model; gets a table of the weights, and warnings.
  /// - Throws: What is wrong with the samples or the state, `prune-not-finite`, `samples-not-finite`,
  ///   `obs-singular`, and why the model could not be run.
  public func run(on graph: inout Graph, _ context: inout PassContext) throws {
    let weights = graph.prunableWeights(context).filter { !settings.selection.ignores($0, graph) }
    if weights.isEmpty { return graph.warnOfNoWeights(&context) }
    graph.inlineFused(by: context.preparation)
    try graph.requireFinite(weights)
    // They are read again layer by layer, and memory is short where the Hessian of one is large.
    for weight in weights where weight.constant.storage.kind == .dense {
      weight.constant.dense.letGo()
    }
    let samples = try context.services.readSamples(path, graph)
    var measured = MeasuredLayers(weights, in: graph)
    measured.refuse(settings.refusal)
    measured.warnOfRefused(graph, &context)
    if measured.layers.isEmpty { return }
    context.leaveDense(graph)
    let dependencies = InputDependencies(graph)
    let pruning = ElementPruning(pass: Self.info.name, options: settings.selection)
    let log = LayerLog(context, try state.open(graph, ModelGates(), samples, context))
    var run = ObsRun(settings, measured, samples, graph, context.services, log)
    let dense = graph
    let outcomes = try run.run(on: &graph, pruning, &context)
    if context.audits { context.leave(run.audit(dense, applied: Set(outcomes.keys), context)) }
    report(measured, outcomes, pruning, graph, samples, &context)
    dependencies.warnOfLost(in: graph, &context)
  }

  private func report(
    _ measured: MeasuredLayers, _ outcomes: [Int: ZeroingOutcome], _ pruning: ElementPruning,
    _ graph: Graph, _ samples: ModelSamples, _ context: inout PassContext
  ) {
    var table = pruning
    table.source = (
      "input",
      measured.layers.map { layer in
        let rows = layer.inputs.reduce(0) { $0 + $1.input.positions }
        return "\(samples.count) x \(rows) rows of \(layer.grid.columns * layer.grid.taps)"
      }
    )
    var pruned = PrunedWeights(weights: [], sourceColumn: "input")
    for (index, layer) in measured.layers.enumerated() {
      pruned.weights.append(
        table.row(layer.weight, outcomes[index] ?? ZeroingOutcome(), index, graph))
    }
    if pruned.weights.allSatisfy({ $0.newlyZeroed == 0 }) {
      context.warn(.nothing("the amount selects no weight that is not zero already"))
    }
    context.leave(pruned)
  }
}
