import CoppiceIR

/// How many samples and steps the sums of a record are of.
package struct RecordCounts: Hashable, Sendable {
  /// What the squares of `g2` are of.
  package enum SquaredGradient: String, CaseIterable, Sendable {
    /// The gradient of one sample: the sum is a Fisher information.
    case sample
    /// The mean gradient of a batch, whose square is smaller by about the size of the batch.
    case batch
  }

  /// The samples that were seen; nil if the record does not say.
  package let samples: Int?

  /// The steps of the optimizer; nil if the record does not say.
  package let steps: Int?

  /// The step at which recording began.
  package let start: Int

  /// What the squares of `g2` are of; `batch` if the record does not say.
  package let squaredGradient: SquaredGradient

  init(_ source: any RecordTensors) throws(DiagnosticMessage) {
    samples = try Self.count("samples", source)
    steps = try Self.count("steps", source)
    start = try Self.count("start_step", source) ?? 0
    let text = source.metadata["g2_per"] ?? SquaredGradient.batch.rawValue
    guard let squaredGradient = SquaredGradient(rawValue: text) else {
      throw .record(source, "its g2_per is '\(text)', neither 'sample' nor 'batch'")
    }
    self.squaredGradient = squaredGradient
  }

  private static func count(
    _ name: String, _ source: any RecordTensors
  ) throws(DiagnosticMessage) -> Int? {
    guard let text = source.metadata[name] else { return nil }
    guard let count = Int(text), count >= 0 else {
      throw .record(source, "its \(name) is '\(text)', which is no count")
    }
    return count
  }
}

extension TrainingRecord {
  /// The metadata that says how many addends a key's sums have.
  package func countName(_ key: RecordKey) -> String? {
    switch key {
    case .final, .`init`, .mv, .dww, .chgwSteps, .chactSamples: nil
    case .g2: counts.squaredGradient == .sample ? "samples" : "steps"
    case .g1, .gw2, .chgw2: "steps"
    case .chact, .xnorm2: "samples"
    }
  }

  /// How many addends a parameter's sums have; nil if the record does not say or the key has no sums.
  package func addends(_ key: RecordKey, of parameter: Parameter) -> Int? {
    switch countName(key) {
    case "samples": counts.samples.flatMap { $0 > 0 ? $0 : nil }
    case "steps": (parameter.steps ?? counts.steps).flatMap { $0 > 0 ? $0 : nil }
    default: nil
    }
  }
}
