public import CoppiceIR
public import CoppicePassManager
import CoppiceRecords

/// Zeroes the weights whose loss a second derivative puts lowest: optimal brain damage.
///
/// ```
///   %w = constant [0.5, -2.0, 0.25, 3.0] : f32[1,1,2,2]
///   %y = Conv(%x, %w) : f32[1,1,3,3]
/// ```
/// becomes, with `prune-obd{record=run.safetensors,sparsity=0.5}` where the record gives these weights the
/// curvatures 8, 0.25, 16 and 1,
/// ```
///   %w = constant [0.5, 0.0, 0.0, 3.0] : f32[1,1,2,2]
///   %y = Conv(%x, %w) : f32[1,1,3,3]
/// ```
///
/// Near a minimum of the loss a weight w may go for h w^2 / 2 (LeCun, Denker, Solla 1990), where h is its own
/// second derivative. `curvature=fisher` takes for h the mean of the recorded squared gradients (`g2`): of
/// samples, which is the empirical Fisher information, or of batches, which is not and is said.
/// `curvature=gauss-newton` takes twice the mean square of the weight's input (`xnorm2`): the mean squared
/// error of the layer's own outputs. The lowest go; w is the model's, with what was folded into it. Counts,
/// ties, blocks and the choice of weights are those of `prune-magnitude`.
///
/// - Complexity: O(*n*) for *n* elements; one new copy of each tensor that changes, and the scores
///   of one tensor at a time.
public struct PruneOBD: Pass {
  /// Name, options and statistics.
  public static let info = PassInfo(
    name: "prune-obd", summary: "Zero the weights whose loss a second derivative puts lowest",
    exactness: .approximate,
    options: RecordOptions.options() + [
      .sparsity, .keep,
      PassOption("threshold", .decimal(0...1e300), "Weights of a smaller score go"),
      PassOption(
        "percent-of-max", .decimal(0...1),
        "Weights whose score is below this part of the largest in the scope go"),
      PassOption(
        "curvature", .choice(Curvature.allCases.map(\.rawValue)),
        "What the second derivative is made of; the first the record can serve if none is given"),
    ] + SelectionOptions.options(),
    statistics: ["tensors-pruned", "weights-zeroed"],
    example:
      "@default,prune-obd{record=kws.prunerec.safetensors,sparsity=0.7,scope=global},sparsify")

  private let options: RecordOptions
  private let curvature: Curvature?
  private let selection: SelectionOptions

  /// Makes the pass.
  ///
  /// - Parameter options: The record, one of the five amounts, the curvature and how units are made.
  /// - Throws: `pass-option-exclusive` unless exactly one amount is given; `prune-block`, `record-partial`.
  public init(options: PassOptions) throws {
    self.options = try RecordOptions(options)
    curvature = options.text("curvature").flatMap(Curvature.init)
    selection = try SelectionOptions(
      options, amounts: ["sparsity", "keep", "threshold", "percent-of-max"])
    try self.options.check(selection)
  }

  /// Zeroes weights.
  ///
  /// - Parameters:
  ///   - graph: The model.
  ///   - context: Opens the record; gets a table of the weights and their owners, and warnings.
  /// - Throws: What is wrong with the record, `record-match` where a weight has no owner in it, and
  ///   `prune-not-finite` for a weight or score with a NaN or infinity.
  public func run(on graph: inout Graph, _ context: inout PassContext) throws {
    guard let recorded = try RecordedWeights.prunable(selection, options, graph, &context) else {
      return
    }
    let curvature = try recorded.curvature(curvature)
    try recorded.require(curvature.criterion, &context)
    context.note(.curvature(curvature, recorded.record))
    let own = recorded.weights.indices.map {
      SaliencyKeys(recorded: recorded, index: $0, curvature: curvature)
    }
    for keys in own { try keys.requireFinite(graph) }
    var pruning = ElementPruning(pass: Self.info.name, options: selection)
    pruning.source = ("from", recorded.descriptions)
    pruning.owners = recorded.owners
    if case .bound(let name, let number) = selection.amount {
      pruning.bound = { _, largest in
        .below(name == "threshold" ? number.double : number.double * largest)
      }
    }
    try pruning.prune(
      recorded.ranked.map(\.weight), by: recorded.keys(.double) { own[$0] }, width: .double,
      on: &graph, &context)
  }
}

/// What the second derivative of the loss is made of.
private enum Curvature: String, CaseIterable {
  case fisher
  case gaussNewton = "gauss-newton"

  var criterion: Criterion { self == .fisher ? .secondOrder : .layerSecondOrder }

  var key: RecordKey { self == .fisher ? .g2 : .xnorm2 }
}

extension RecordedWeights {
  /// The curvature asked for, or the first that the record can serve for all weights.
  fileprivate func curvature(_ wanted: Curvature?) throws(DiagnosticMessage) -> Curvature {
    if let wanted { return wanted }
    let served = record.criteria(for: parameters)
    return Curvature.allCases.first { served.contains($0.criterion) } ?? .fisher
  }
}

/// What the loss would grow by without each element of a weight, computed anew for each reading.
private struct SaliencyKeys: ScoreKeys {
  let recorded: RecordedWeights
  let index: Int
  let curvature: Curvature

  var count: Int { recorded.weights[index].count }

  var range: ClosedRange<UInt64> { 0...Double.infinity.bitPattern }

  func value(_ key: UInt64) -> Double { Double(bitPattern: key) }

  func forEachPiece(_ body: (Int, UnsafeBufferPointer<UInt64>) throws -> Void) throws {
    let scores = try scores()
    try forEachBuffer(count: count) { start, keys in
      for place in keys.indices { keys[place] = scores[start + place].magnitude.bitPattern }
      try body(start, UnsafeBufferPointer(keys))
    }
  }

  func requireFinite(_ graph: Graph) throws {
    guard let place = try scores().firstIndex(where: { !$0.isFinite }) else { return }
    let weight = recorded.weights[index]
    throw DiagnosticMessage.notFinite(
      "the score of", graph[weight.value].name, place, weight.constant.type.shape)
  }

  private func scores() throws -> [Double] {
    var scores = try recorded.means(curvature.key, of: index)
    let half = curvature == .fisher ? 0.5 : 1
    for (place, weight) in recorded.weights[index].constant.numbers.enumerated() {
      scores[place] *= half * weight * weight
    }
    return scores
  }
}

extension DiagnosticMessage {
  fileprivate static func curvature(_ curvature: Curvature, _ record: TrainingRecord) -> Self {
    switch (curvature, record.counts.squaredGradient) {
    case (.gaussNewton, _):
      Self(
        "obd-curvature",
        "second derivatives of the Gauss-Newton form: of the mean squared error of each layer's own outputs"
      )
    case (.fisher, .sample):
      Self("obd-curvature", "second derivatives by the empirical Fisher information")
    case (.fisher, .batch):
      Self(
        "obd-no-fisher",
        "'\(record.name)' sums squared gradients of batches (g2_per), which are no Fisher information: they"
          + " are smaller by about the size of the batch, and noise counts less",
        notes: ["record the gradients of samples one by one, and g2_per=sample"])
    }
  }
}
