public import CoppiceIR
import Synchronization

/// What a model is worth on some samples.
public struct ModelMeasurement: Hashable, Sendable {
  /// The mean loss.
  public let loss: Double
  /// The share of positions whose largest score is that of the right class; `nil` without classes.
  public let accuracy: Double?
}

/// Who is told how far measuring is, and what is known already.
public struct MeasuringLog: Sendable {
  let pass: String
  let all: Int?
  let progress: @Sendable (PassProgress) -> Void
  let state: (any MeasuringState)?

  /// Makes a log.
  ///
  /// - Parameters:
  ///   - context: The pass that measures, and who is told.
  ///   - all: The most settings that will be measured, if that is known.
  ///   - state: What is known from an earlier run.
  public init(_ context: PassContext, of all: Int? = nil, state: (any MeasuringState)? = nil) {
    pass = context.passName
    progress = context.services.progress
    self.all = all
    self.state = state
  }
}

/// Measures a model on samples under settings of its gates: what all passes that score by running go
/// through.
///
/// A setting is measured once, also over several runs where a state is kept. It tells how far it is.
public final class ModelMeter: Sendable {
  /// How loss is counted.
  public let kind: LossKind
  /// The model as it is, all gates on.
  public let base: ModelMeasurement
  private let evaluator: any ModelEvaluator
  private let samples: ModelSamples
  private let loss: ModelLoss
  private let log: MeasuringLog?
  private let known = Mutex<[GateSetting: ModelMeasurement]>([:])

  /// Makes a graph ready and measures it as it is; without targets, its own answers are the targets.
  ///
  /// - Parameters:
  ///   - graph: The model; no node of it is fused.
  ///   - gates: Where it may be switched off in parts.
  ///   - samples: Inputs and targets.
  ///   - kind: How loss is counted; cross-entropy for classes, else mean squares, if none is given.
  ///   - services: What runs it.
  ///   - log: Who is told how far it is, and what is known already.
  /// - Throws: Why it cannot be run, `loss-output`, `loss-targets`, `loss-not-finite`.
  public init(
    _ graph: Graph, gates: ModelGates, on samples: ModelSamples, loss kind: LossKind? = nil,
    services: PassServices, log: MeasuringLog? = nil
  ) throws {
    let evaluator = try services.evaluator(graph, gates: gates)
    let all = GateSetting(count: gates.count)
    var samples = samples
    if case .none = samples.targets {
      var answers: [[Bytes]] = []
      try evaluator.run(samples, gates: [all]) { answers.append($0.outputs) }
      samples.targets = .values(answers)
    }
    self.samples = samples
    self.evaluator = evaluator
    self.log = log
    loss = try ModelLoss(kind, of: graph, samples.targets)
    self.kind = loss.kind
    var sum = LossSum(loss)
    try evaluator.run(samples, gates: [all]) {
      sum.add($0.outputs, sample: $0.sample, samples.targets)
    }
    base = sum.measurement
    guard base.loss.isFinite else {
      throw DiagnosticMessage(
        "loss-not-finite",
        "the model's loss on the samples is \(base.loss); look for NaN and infinity in its answers")
    }
    known.withLock { $0[all] = base }
  }

  /// Measures the model under some settings.
  ///
  /// - Parameter settings: Which gates are off.
  /// - Returns: A measurement for each; a loss that is no number counts as infinite.
  /// - Throws: Why the model could not be run, or the state not written.
  public func measure(_ settings: [GateSetting]) throws -> [ModelMeasurement] {
    var found = known.withLock { known in settings.map { known[$0] } }
    var new: [GateSetting] = []
    var wanted: Set<GateSetting> = []
    for (index, setting) in settings.enumerated() where found[index] == nil {
      if let value = log?.state?.value(setting.key), let old = ModelMeasurement(value) {
        keep(old, for: setting)
      } else if wanted.insert(setting).inserted {
        new.append(setting)
      }
    }
    try run(new)
    found = known.withLock { known in settings.map { known[$0] } }
    return found.map { $0 ?? base }
  }

  private func run(_ settings: [GateSetting]) throws {
    if settings.isEmpty { return }
    var sum = LossSum(loss)
    try evaluator.run(samples, gates: settings) { answer in
      if answer.sample == 0 { sum = LossSum(loss) }
      sum.add(answer.outputs, sample: answer.sample, samples.targets)
      guard answer.sample == samples.count - 1 else { return }
      let measured = sum.measurement
      let found = ModelMeasurement(
        loss: measured.loss.isNaN ? .infinity : measured.loss, accuracy: measured.accuracy)
      let setting = settings[answer.setting]
      keep(found, for: setting)
      try log?.state?.note(found.bytes, setting.key)
    }
  }

  private func keep(_ found: ModelMeasurement, for setting: GateSetting) {
    let count = known.withLock { known in
      known[setting] = found
      return known.count - 1
    }
    guard let log else { return }
    log.progress(PassProgress(log.pass, "settings measured", done: count, of: log.all))
  }
}

extension GateSetting {
  /// A bit for each gate.
  fileprivate var key: [UInt8] {
    var bits = [UInt8](repeating: 0, count: (isOn.count + 7) / 8)
    for (gate, isOn) in isOn.enumerated() where isOn { bits[gate / 8] |= 1 << UInt8(gate % 8) }
    return bits
  }
}

extension ModelMeasurement {
  /// The bits of both numbers, little-endian; the accuracy is missing where there is none.
  fileprivate var bytes: [UInt8] {
    let numbers = [loss] + (accuracy.map { [$0] } ?? [])
    return numbers.flatMap { number in
      (0..<8).map { UInt8(truncatingIfNeeded: number.bitPattern >> ($0 * 8)) }
    }
  }

  fileprivate init?(_ bytes: [UInt8]) {
    guard bytes.count == 8 || bytes.count == 16 else { return nil }
    let numbers = stride(from: 0, to: bytes.count, by: 8).map { start in
      Double(bitPattern: (0..<8).reduce(0) { $0 | UInt64(bytes[start + $1]) << UInt64($1 * 8) })
    }
    self.init(loss: numbers[0], accuracy: numbers.count == 2 ? numbers[1] : nil)
  }
}
