public import CoppiceIR
public import CoppicePassManager

/// Measures the means and variances of batch normalisations anew.
///
/// ```
///   %mean = constant [0.0] : f32[1]
///   %var = constant [1.0] : f32[1]
///   %y = BatchNormalization(%x, %scale, %shift, %mean, %var) : f32[2,1,1]
/// ```
/// becomes, with `reestimate-batch-norm{data=samples}` where the samples hold 1 and 5,
/// ```
///   %mean = constant [3.0] : f32[1]
///   %var = constant [4.0] : f32[1]
///   %y = BatchNormalization(%x, %scale, %shift, %mean, %var) : f32[2,1,1]
/// ```
///
/// Normalisations are taken in the order of the file, each behind those that are measured already. The
/// mean of each channel is that over samples and positions, the variance the mean square of the
/// differences from it, both in double. Run it before `fold-batch-norm`, which leaves none.
///
/// - Complexity: one run over the samples; the values that are alive at a normalisation, of all
///   samples, at a time.
public struct ReestimateBatchNorm: Pass {
  /// Name, options and statistics.
  public static let info = PassInfo(
    name: "reestimate-batch-norm", summary: "Measure what batch normalisation assumes anew",
    exactness: .approximate, options: [.data(isRequired: true)],
    statistics: ["normalizations"],
    example: "prune-magnitude{sparsity=0.8},reestimate-batch-norm{data=samples},@default,sparsify")

  private let path: String

  /// Makes the pass.
  ///
  /// - Parameter options: The samples.
  /// - Throws: What is wrong with the options.
  public init(options: PassOptions) throws { path = try options.path("data") }

  /// Measures normalisations.
  ///
  /// - Parameters:
  ///   - graph: The model.
  ///   - context: Samples and what runs the model; gets a table of the normalisations.
  /// - Throws: What is wrong with the samples, `samples-not-finite`, and why the model could not be
  ///   run.
  public func run(on graph: inout Graph, _ context: inout PassContext) throws {
    graph.inlineFused(by: context.preparation)
    let nodes = graph.nodes.filter { id in
      context.isInScope(graph[id]) && graph.hasFixedStatistics(id)
    }
    if nodes.isEmpty {
      return context.warn(
        .unchanged("there is no BatchNormalization left; run it before fold-batch-norm"))
    }
    let samples = try context.services.readSamples(path, graph)
    let stops = nodes.compactMap { id in
      graph[id].operand(0).map { SampleWalk.Stop(node: id, value: $0) }
    }
    var walk = SampleWalk(samples, graph, stops: stops, context.services)
    var report = CorrectedMeans(title: "normalisations", rows: [])
    for stop in stops {
      let moments = try ChannelMoments(
        try walk.values(at: stop, in: graph), of: stop.value, axis: 1, at: stop.node, in: graph)
      let change = graph.setStatistics(moments, of: stop.node, &context)
      report.rows.append((graph[stop.node].name, moments.means.count, .number(change)))
    }
    context.leave(report)
  }
}

extension Graph {
  /// Whether a node normalises with means and variances that are constants of its own.
  fileprivate func hasFixedStatistics(_ id: NodeID) -> Bool {
    let node = self[id]
    guard node.op is BatchNormalization, !node.op.settings.flag("training_mode"),
      let x = node.operand(0), [.float32, .float64].contains(self[x].type.element),
      self[x].type.rank >= 2
    else { return false }
    return [3, 4].allSatisfy { operand in
      let type = constant(node.operand(operand))?.type
      return type.map { [.float32, .float64].contains($0.element) } ?? false
    }
  }

  /// Puts means and variances in.
  ///
  /// - Returns: The largest change of one of them.
  fileprivate mutating func setStatistics(
    _ moments: ChannelMoments, of id: NodeID, _ context: inout PassContext
  ) -> Double {
    var largest = 0.0
    guard let edit = context.edit(self[id]) else { return largest }
    for (operand, numbers) in [(3, moments.means), (4, moments.variances)] {
      guard let old = constant(self[id].operand(operand)),
        let new = Constant(numbers: numbers, old.type.element, old.type.shape)
      else { continue }
      largest = zip(old.numbers, new.numbers).reduce(largest) { max($0, abs($1.0 - $1.1)) }
      replaceConstant(operand, of: id, with: new, by: edit)
    }
    context.count("normalizations")
    return largest
  }
}
