public import CoppiceIR
public import CoppicePassManager

/// Gives each layer of a pruned model the mean results that it had when the model was dense.
///
/// ```
///   %w = constant [0.0, 2.0] : f32[1,2]
///   %y = Gemm(%x, %w) {transB = 1} : f32[1,1]
/// ```
/// becomes, with `prune-magnitude{sparsity=0.5},correct-bias{data=samples}` where the element of `%w`
/// that went was 1 and what it met had the mean 3,
/// ```
///   %w = constant [0.0, 2.0] : f32[1,2]
///   %b = constant [3.0] : f32[1]
///   %y = Gemm(%x, %w, %b) {transB = 1} : f32[1,1]
/// ```
///
/// Layers are taken in the order of the file, each behind layers that are corrected already. For each
/// output channel the bias takes up the difference of the means over samples and positions, dense less
/// pruned; a layer without a bias gets one. The dense model is that before the first pass that prunes;
/// between it and this pass only constants may change. Layers whose channels were removed stay.
///
/// - Complexity: two runs over the samples; the values that are alive at a layer, of all samples, at a
///   time.
public struct CorrectBias: Pass {
  /// Name, options and statistics.
  public static let info = PassInfo(
    name: "correct-bias", summary: "Give pruned layers the mean results of the dense model",
    exactness: .approximate, options: [.data(isRequired: true)],
    statistics: ["layers-corrected"],
    example: "@default,prune-magnitude{sparsity=0.8},correct-bias{data=samples}")

  private let path: String

  /// Makes the pass.
  ///
  /// - Parameter options: The samples.
  /// - Throws: What is wrong with the options.
  public init(options: PassOptions) throws { path = try options.path("data") }

  /// Corrects biases.
  ///
  /// - Parameters:
  ///   - graph: The model.
  ///   - context: Samples and what runs the model; gets a table of the layers.
  /// - Throws: `bias-structure` when more than constants changed since the model was dense, what is
  ///   wrong with the samples, `samples-not-finite`, and why the model could not be run.
  public func run(on graph: inout Graph, _ context: inout PassContext) throws {
    graph.inlineFused(by: context.preparation)
    guard var dense = context.results(of: DenseModel.self).first?.graph else {
      return context.warn(.unchanged("no pass before this one prunes"))
    }
    dense.inlineFused(by: context.preparation)
    guard dense.hasNodes(of: graph) else { throw Diagnostic(.error, .structure, at: .none) }
    let samples = try context.services.readSamples(path, graph)
    var report = CorrectedMeans(title: "biases", rows: [])
    let targets = targets(dense, graph, context, &report)
    let stops = targets.map { SampleWalk.Stop(node: $0.node, value: $0.result) }
    var before = SampleWalk(samples, dense, stops: stops, context.services)
    var now = SampleWalk(samples, graph, stops: stops, context.services)
    var corrected = 0
    for (target, stop) in zip(targets, stops) {
      let wanted = try ChannelMoments(
        try before.values(at: stop, in: dense), of: stop.value, axis: target.axis, at: stop.node,
        in: dense)
      let found = try ChannelMoments(
        try now.values(at: stop, in: graph), of: stop.value, axis: target.axis, at: stop.node,
        in: graph)
      let change = zip(wanted.means, found.means).map { $0 - $1 }
      let largest = change.reduce(0) { max($0, abs($1)) }
      report.rows.append((graph[target.node].name, target.channels, .number(largest)))
      guard largest > 0, let edit = context.edit(graph[target.node]) else { continue }
      target.add(change, to: &graph, by: edit)
      context.count("layers-corrected")
      corrected += 1
    }
    if corrected == 0 {
      context.warn(.unchanged("every mean is that of the dense model"))
    }
    context.leave(report)
  }

  private func targets(
    _ dense: Graph, _ graph: Graph, _ context: PassContext, _ report: inout CorrectedMeans
  ) -> [BiasTarget] {
    var nodes: [NodeID] = []
    for weight in graph.weights() {
      for reader in weight.readers where graph[reader.node].parent == graph.body {
        if context.isInScope(graph[reader.node]), !nodes.contains(reader.node) {
          nodes.append(reader.node)
        }
      }
    }
    let places = Dictionary(uniqueKeysWithValues: graph.nodes.enumerated().map { ($1, $0) })
    var found: [BiasTarget] = []
    for node in nodes {
      do throws(LayerRefusal) {
        let target = try BiasTarget(node, in: graph)
        guard graph[target.result].type == dense[target.result].type else {
          throw LayerRefusal("its channels were removed")
        }
        guard [.float32, .float64].contains(graph[target.result].type.element) else {
          throw LayerRefusal("its results are \(graph[target.result].type)")
        }
        found.append(target)
      } catch {
        report.rows.append((graph[node].name, 0, .text("stays: \(error.text)")))
      }
    }
    return found.sorted { (places[$0.node] ?? 0) < (places[$1.node] ?? 0) }
  }
}

/// What a pass that corrects means did to each layer.
struct CorrectedMeans: PassResult {
  let title: String
  var rows: [(name: String, channels: Int, change: ResultTable.Cell)]

  var table: ResultTable? {
    ResultTable(
      title: title, columns: ["layer", "channels", "largest change"],
      rows: rows.map { [.text($0.name), .integer($0.channels), $0.change] })
  }
}

extension Graph {
  /// Whether another graph has the same nodes, which read and give the same values; constants aside.
  fileprivate func hasNodes(of other: Graph) -> Bool {
    guard nodes == other.nodes else { return false }
    return nodes.allSatisfy { id in
      let (own, others) = (self[id], other[id])
      return type(of: own.op) == type(of: others.op) && own.results == others.results
        && reads(own) == other.reads(others)
    }
  }

  private func reads(_ node: Node) -> [ValueID] {
    node.operands.compactMap { $0 }.filter { constant($0) == nil }
  }
}

extension DiagnosticMessage {
  /// Warns that a pass corrects nothing.
  static func unchanged(_ reason: String) -> Self {
    Self("prune-nothing", "nothing is corrected: \(reason)")
  }

  fileprivate static var structure: Self {
    Self(
      "bias-structure",
      "since it was dense the model got other nodes, so that its layers cannot be compared",
      notes: ["put correct-bias right behind the passes that prune"])
  }
}
