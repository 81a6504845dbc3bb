public import CoppiceIR
public import CoppicePassManager
import CoppiceRecords
import Foundation

/// Zeroes the weights that training moved towards zero.
///
/// ```
///   %w = constant [0.5, -2.0, 0.25, 3.0] : f32[1,1,2,2]
///   %y = Conv(%x, %w) : f32[1,1,3,3]
/// ```
/// becomes, with `prune-movement{record=run.safetensors,sparsity=0.5}` where the record gives these
/// weights the scores 1, -3, 2 and -1,
/// ```
///   %w = constant [0.5, 0.0, 0.25, 0.0] : f32[1,1,2,2]
///   %y = Conv(%x, %w) : f32[1,1,3,3]
/// ```
///
/// The record (`prunerec/1`) is matched to the weights by value, so that names that an exporter lost
/// or reused do not matter. `form=gradient` takes the recorded sums of minus gradient times weight;
/// `form=midpoint` takes half of what each weight's square gained over the training; `form=delta` the
/// sums of each change times the weight before it, as recorded or between snapshots. Without `form`
/// the first that the record can serve for all of the weights is taken, and said. Scores rank with
/// their sign: the lowest go. `threshold=t` keeps the weights with a score above t. Counts, ties and
/// the choice of weights are those of `prune-magnitude`.
///
/// - Complexity: O(*n*) for *n* elements; one new copy of each tensor that changes, and the scores
///   of one tensor at a time.
public struct PruneMovement: Pass {
  /// Name, options and statistics.
  public static let info = PassInfo(
    name: "prune-movement", summary: "Zero the weights that training moved towards zero",
    exactness: .approximate,
    options: RecordOptions.options() + [
      .sparsity, .keep,
      PassOption(
        "threshold", .decimal(-1e300...1e300), "Weights whose score is not above this go"),
      PassOption(
        "form", .choice(MovementForm.allCases.map(\.rawValue)),
        "How movement is scored; the first the record can serve if none is given"),
      PassOption(
        "sigmoid", .decimal(0...1), "Weights whose score has no larger sigmoid than this go"),
      PassOption(
        "score-percent-of-max", .decimal(0...1),
        "Weights whose score is below this part of the largest in the scope go"),
    ]
      + SelectionOptions.options(normalisations: [.none, .mean, .layerL2]),
    statistics: ["tensors-pruned", "weights-zeroed"],
    example: "@default,prune-movement{record=kws.prunerec.safetensors,keep=0.3},sparsify")

  private let options: RecordOptions
  private let form: MovementForm?
  private let selection: SelectionOptions

  /// Makes the pass.
  ///
  /// - Parameter options: The record, one of the three amounts, the form and the scope.
  /// - Throws: `pass-option-exclusive` unless exactly one amount is given; `record-partial`.
  public init(options: PassOptions) throws {
    self.options = try RecordOptions(options)
    form = options.text("form").flatMap(MovementForm.init)
    selection = try SelectionOptions(
      options, amounts: ["sparsity", "keep", "threshold", "sigmoid", "score-percent-of-max"])
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
    let record = recorded.record
    let form = try record.form(form, for: recorded.parameters)
    context.note(.form(form))
    if record.masksWereActive, form != .gradient { context.warn(.masked(record.name, form)) }
    if form == .delta, let gap = record.coarsestStep(recorded.parameters), gap > 1 {
      context.warn(.coarse(record.name, gap))
    }
    let scores = MovementScores(record, form: form)
    let own = zip(recorded.weights, recorded.matches).map { weight, match in
      MovementKeys(scores: scores, match: match, count: weight.count)
    }
    try requireFinite(own, recorded.weights, graph)
    var pruning = ElementPruning(pass: Self.info.name, options: selection)
    pruning.source = ("from", recorded.descriptions)
    pruning.owners = recorded.owners
    if case .bound(let name, let number) = selection.amount {
      pruning.bound = { [selection] _, largest in
        try Self.bound(name, number.double, largest, isSingle: selection.isPlain)
      }
    }
    try pruning.prune(
      recorded.ranked.map(\.weight), by: recorded.keys(.single) { own[$0] }, width: .single,
      on: &graph, &context)
  }

  /// The score that decides.
  private static func bound(
    _ name: String, _ number: Double, _ largest: Double, isSingle: Bool
  ) throws(DiagnosticMessage) -> ScoreBound {
    switch name {
    case "sigmoid":
      if number == 0 { return .below(-.infinity) }
      return .upTo(number == 1 ? .infinity : log(number / (1 - number)))
    case "score-percent-of-max":
      guard largest > 0 else { throw .noPositiveScore(largest) }
      return .below(number * largest)
    default: return .upTo(isSingle ? Double(Float(number)) : number)
    }
  }

  private func requireFinite(
    _ keys: [MovementKeys], _ weights: [PrunableWeight], _ graph: Graph
  ) throws {
    for (keys, weight) in zip(keys, weights) {
      guard let index = try keys.firstNonFinite() else { continue }
      let shape = weight.constant.type.shape
      throw DiagnosticMessage.notFinite("the score of", graph[weight.value].name, index, shape)
    }
  }
}

extension DiagnosticMessage {
  fileprivate static func noPositiveScore(_ largest: Double) -> Self {
    Self(
      "movement-max",
      "score-percent-of-max needs a score above 0, but the largest is \(largest)",
      notes: ["training moved every weight towards zero; give sparsity, keep or threshold"])
  }

  fileprivate static func coarse(_ path: String, _ gap: Int) -> Self {
    Self(
      "record-coarse",
      "'\(path)' has weights up to \(gap) steps apart: the delta form of coarse snapshots is biased"
        + " against weights that moved far, and wrong in sign where one crossed zero",
      notes: [
        "use form=midpoint, which needs only the first and the last, or record dww in every step"
      ])
  }

  fileprivate static func masked(_ path: String, _ form: MovementForm) -> Self {
    Self(
      "record-masked",
      "masks were active while '\(path)' was recorded: masked weights did not move, and the \(form.rawValue)"
        + " form scores them as if training had not wanted them to",
      notes: ["record without masks, or use form=gradient with scores of the unmasked gradient"])
  }

  fileprivate static func form(_ form: MovementForm) -> Self {
    let meaning =
      switch form {
      case .gradient: "the recorded sums of minus gradient times weight"
      case .midpoint: "half of what each weight's square gained over the training"
      case .delta: "the sums of each change times the weight before it"
      }
    return Self("movement-form", "scores in the \(form.rawValue) form: \(meaning)")
  }
}
