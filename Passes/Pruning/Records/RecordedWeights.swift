import CoppiceIR
import CoppicePassManager
import CoppiceRecords

/// Weights with what a record of the training holds of them.
struct RecordedWeights {
  /// The record.
  let record: TrainingRecord

  /// The weights, in the order in which they were given.
  let weights: [PrunableWeight]

  /// The owners of each weight.
  let matches: [RecordMatch]

  /// Opens the record and finds the parameters that weights were made from.
  ///
  /// - Parameters:
  ///   - weights: Finite ones of the graph.
  ///   - options: Which record.
  ///   - graph: The model.
  ///   - context: Opens the record; gets notes and warnings.
  /// - Throws: What is wrong with the record, `record-match` where a weight has no owner in it.
  init(
    _ weights: [PrunableWeight], _ options: RecordOptions, _ graph: Graph,
    _ context: inout PassContext
  ) throws(DiagnosticMessage) {
    let path = options.path
    let tensors = ServiceTensors(name: path, tensors: try context.services.openTensors(path))
    record = try TrainingRecord(tensors)
    for note in record.notes { context.note(DiagnosticMessage("record-note", note)) }
    self.weights = weights
    matches = try RecordMatcher(record).match(
      weights.compactMap { graph.matchTarget($0, context) })
    if let factor = matches.commonFactor, !graph.mayHoldNormalizations(record, context) {
      context.warn(.scaled(path, by: factor))
    }
  }

  /// The parameters that weights were made from.
  var parameters: [Int] { matches.flatMap { $0.owners.map(\.parameter) } }

  /// The owners of each weight in words.
  var descriptions: [String] { matches.map { record.describe($0) } }

  /// The owners of each weight, for masks in the layout of the training.
  var owners: [[PrunedWeights.Owner]] {
    matches.map { match in
      match.owners.map { owner in
        let parameter = record.parameters[owner.parameter]
        return PrunedWeights.Owner(
          name: parameter.name, shape: parameter.shape, layout: owner.layout)
      }
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
  /// Whether the model, what passes folded into it, or the record tells of a BatchNormalization.
  fileprivate func mayHoldNormalizations(_ record: TrainingRecord, _ context: PassContext) -> Bool {
    allNodes.contains { self[$0].op is BatchNormalization }
      || !context.results(of: FoldedFactors.self).isEmpty || record.hasNormalizations
  }
}

extension DiagnosticMessage {
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
