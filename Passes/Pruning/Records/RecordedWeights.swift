import CoppiceIR
import CoppicePassManager
import CoppiceRecords

/// Weights with what a record of the training holds of them.
struct RecordedWeights {
  /// The record.
  let record: TrainingRecord

  /// The weights that have owners, in the order in which they were given.
  let weights: [PrunableWeight]

  /// The owners of each weight.
  let matches: [RecordMatch]

  /// All weights that are to be ranked, with the places in `weights` of those that have owners.
  let ranked: [(weight: PrunableWeight, place: Int?)]

  /// The weights that a pass may prune by element, with what the record holds of them.
  ///
  /// - Parameters:
  ///   - selection: Which weights are left alone.
  ///   - options: Which record, and what becomes of weights without an owner.
  ///   - graph: The model.
  ///   - context: Opens the record; gets notes and warnings.
  /// - Returns: `nil` where there is nothing to prune, which is warned of.
  /// - Throws: What is wrong with the record, `record-match` where a weight has no owner in it, and
  ///   `prune-not-finite` for a weight with a NaN or infinity.
  static func prunable(
    _ selection: SelectionOptions, _ options: RecordOptions, _ graph: Graph,
    _ context: inout PassContext
  ) throws -> RecordedWeights? {
    let weights = graph.prunableWeights(context, integers: true).filter {
      !selection.ignores($0, graph)
    }
    try graph.requireFinite(weights)
    let recorded = try RecordedWeights(weights, options, graph, &context)
    if weights.isEmpty {
      graph.warnOfNoWeights(&context)
    } else if recorded.ranked.isEmpty {
      context.warn(.nothing("the record owns no weight"))
    } else {
      return recorded
    }
    return nil
  }

  /// Opens the record and finds the parameters that weights were made from.
  ///
  /// - Parameters:
  ///   - given: Finite weights of the graph.
  ///   - options: Which record, and what becomes of weights without an owner.
  ///   - graph: The model.
  ///   - context: Opens the record; gets notes and warnings.
  /// - Throws: What is wrong with the record, `record-map`, `record-match` where a weight has no owner in
  ///   it and needs one.
  init(
    _ given: [PrunableWeight], _ options: RecordOptions, _ graph: Graph,
    _ context: inout PassContext
  ) throws(DiagnosticMessage) {
    let path = options.path
    let tensors = ServiceTensors(name: path, tensors: try context.services.openTensors(path))
    record = try TrainingRecord(
      options.acceptsWeights ? try StateDict.record(tensors) : tensors)
    for note in record.notes { context.note(DiagnosticMessage("record-note", note)) }
    let map = try options.map.map { (path) throws(DiagnosticMessage) in
      let map = try RecordMap(try context.services.readText(path), name: path)
      try graph.requireConstants(of: map)
      return map
    }
    let result = try RecordMatcher(record, map: map).matches(
      given.compactMap { graph.matchTarget($0, context) })
    if let fault = result.error(record) {
      if options.unowned == .error { throw fault.withWaysOut }
      context.warn(.partial(fault, options))
    }
    for note in result.notes { context.warn(DiagnosticMessage("record-map", note)) }
    var (weights, matches): ([PrunableWeight], [RecordMatch]) = ([], [])
    var ranked: [(weight: PrunableWeight, place: Int?)] = []
    for (weight, match) in zip(given, result.matches) {
      if let match {
        ranked.append((weight, weights.count))
        weights.append(weight)
        matches.append(match)
      } else if options.unowned == .magnitude {
        ranked.append((weight, nil))
      }
    }
    (self.weights, self.matches, self.ranked) = (weights, matches, ranked)
    if let factor = matches.commonFactor, !graph.mayHoldNormalizations(record, context) {
      context.warn(.scaled(path, by: factor))
    }
  }

  /// The parameters that weights were made from.
  var parameters: [Int] { matches.flatMap { $0.owners.map(\.parameter) } }

  /// The owners of each ranked weight in words.
  var descriptions: [String] {
    ranked.map { $0.place.map { record.describe(matches[$0]) } ?? "magnitude" }
  }

  /// The owners of each ranked weight, for masks in the layout of the training.
  var owners: [[PrunedWeights.Owner]] {
    ranked.map { _, place in
      guard let place else { return [] }
      return matches[place].owners.map { owner in
        let parameter = record.parameters[owner.parameter]
        return PrunedWeights.Owner(
          name: parameter.name, shape: parameter.shape, layout: owner.layout)
      }
    }
  }

  /// The keys of each ranked weight: of those with owners as given, of others their magnitudes.
  func keys(_ width: KeyWidth, _ own: (Int) -> any ScoreKeys) -> [any ScoreKeys] {
    ranked.map { weight, place in
      place.map(own) ?? MagnitudeKeys(constant: weight.constant, width: width)
    }
  }

  /// Requires the keys of a criterion for all weights.
  ///
  /// - Parameters:
  ///   - criterion: What the record is asked for.
  ///   - context: Gets a note where sums cannot be divided.
  /// - Throws: `record-lacks-key`, with what the record can serve.
  func require(
    _ criterion: Criterion, _ context: inout PassContext
  ) throws(DiagnosticMessage) {
    try record.require(criterion, for: parameters)
    for key in criterion.keys {
      guard let count = record.countName(key),
        parameters.contains(where: { record.addends(key, of: record.parameters[$0]) == nil })
      else { continue }
      context.note(.uncounted(record.name, key.rawValue, count))
    }
  }

  /// Recorded sums for each element of a weight, in the order of its constant.
  ///
  /// What was recorded of output channels (`chgw2`, `chact`) or input channels (`xnorm2`) stands at each
  /// of their elements.
  ///
  /// - Parameters:
  ///   - key: What was recorded.
  ///   - index: Of `weights`.
  /// - Returns: A number for each element.
  /// - Throws: `record-lacks-key`, `record-shape`.
  /// - Complexity: O(*n*).
  func sums(_ key: RecordKey, of index: Int) throws(DiagnosticMessage) -> [Double] {
    try RecordedValues(record).sums(key, of: matches[index], count: weights[index].count)
  }

  /// The same, divided by the samples or steps that the record says the sums are of.
  ///
  /// - Parameters:
  ///   - key: What was recorded.
  ///   - index: Of `weights`.
  /// - Returns: A number for each element.
  /// - Throws: `record-lacks-key`, `record-shape`.
  /// - Complexity: O(*n*).
  func means(_ key: RecordKey, of index: Int) throws(DiagnosticMessage) -> [Double] {
    try RecordedValues(record).means(key, of: matches[index], count: weights[index].count)
  }
}

extension Graph {
  /// Refuses a map that names constants which the model does not have.
  fileprivate func requireConstants(of map: RecordMap) throws(DiagnosticMessage) {
    let names = Set(constantValues.map { self[$0].name })
    guard let unknown = map.constants.first(where: { !names.contains($0) }) else { return }
    throw DiagnosticMessage(
      "record-map", "'\(map.name)' names '\(unknown)', which is no constant of the model",
      notes: ["the report of a run with record-partial=skip lists the weights by name"])
  }

  /// Whether the model, what passes folded into it, or the record tells of a BatchNormalization.
  fileprivate func mayHoldNormalizations(_ record: TrainingRecord, _ context: PassContext) -> Bool {
    allNodes.contains { self[$0].op is BatchNormalization }
      || !context.results(of: FoldedFactors.self).isEmpty || record.hasNormalizations
  }
}

extension DiagnosticMessage {
  /// The refusal, with what a user may do.
  fileprivate var withWaysOut: Self {
    Self(
      id, text,
      notes: notes + [
        "record-map=FILE names owners by hand; record-partial=skip or magnitude goes on without them"
      ])
  }

  fileprivate static func partial(_ fault: Self, _ options: RecordOptions) -> Self {
    let consequence =
      switch options.unowned {
      case .magnitude: "they are ranked by magnitude"
      case _ where options.acceptsWeights: "they keep the names of the model"
      default: "they stay as they are"
      }
    return Self("record-partial", "\(fault.text): \(consequence)", notes: fault.notes)
  }

  fileprivate static func scaled(_ path: String, by factor: Float) -> Self {
    Self(
      "record-scaled",
      "every weight is \(factor) times what '\(path)' holds at the end of the training, and neither the"
        + " model nor the record has a BatchNormalization that explains it",
      notes: ["write the record from the very weights that are exported"])
  }

  fileprivate static func uncounted(_ record: String, _ key: String, _ count: String) -> Self {
    Self(
      "record-counts",
      "'\(record)' does not say of how many \(count) its '\(key)' is the sum: scores are of sums, not"
        + " of means",
      notes: ["ranks are the same; a threshold would not be"])
  }
}
