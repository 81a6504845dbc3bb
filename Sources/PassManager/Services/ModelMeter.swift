public import CoppiceIR

/// What a model is worth on some samples.
public struct ModelMeasurement: Hashable, Sendable {
  /// The mean loss.
  public let loss: Double
  /// The share of positions whose largest score is that of the right class; `nil` without classes.
  public let accuracy: Double?
}

/// Measures a model on samples under settings of its gates.
public struct ModelMeter: Sendable {
  /// How loss is counted.
  public let kind: LossKind
  /// The model as it is, all gates on.
  public let base: ModelMeasurement
  private let evaluator: any ModelEvaluator
  private let samples: ModelSamples
  private let loss: ModelLoss

  /// Makes a graph ready and measures it as it is; without targets, its own answers are the targets.
  ///
  /// - Parameters:
  ///   - graph: The model; no node of it is fused.
  ///   - gates: Where it may be switched off in parts.
  ///   - samples: Inputs and targets.
  ///   - kind: How loss is counted; cross-entropy for classes, else mean squares, if none is given.
  ///   - services: What runs it.
  /// - Throws: Why it cannot be run, `loss-output`, `loss-targets`, `loss-not-finite`.
  public init(
    _ graph: Graph, gates: ModelGates, on samples: ModelSamples, loss kind: LossKind? = nil,
    services: PassServices
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
    loss = try ModelLoss(kind, of: graph, samples.targets)
    self.kind = loss.kind
    base = try Self.measure([all], evaluator, samples, loss)[0]
    guard base.loss.isFinite else {
      throw DiagnosticMessage(
        "loss-not-finite",
        "the model's loss on the samples is \(base.loss); look for NaN and infinity in its answers")
    }
  }

  /// Measures the model under some settings.
  ///
  /// - Parameter settings: Which gates are off.
  /// - Returns: A measurement for each; a loss that is no number counts as infinite.
  /// - Throws: Why the model could not be run.
  public func measure(_ settings: [GateSetting]) throws -> [ModelMeasurement] {
    try Self.measure(settings, evaluator, samples, loss)
  }

  private static func measure(
    _ settings: [GateSetting], _ evaluator: any ModelEvaluator, _ samples: ModelSamples,
    _ loss: ModelLoss
  ) throws -> [ModelMeasurement] {
    var sums = settings.map { _ in LossSum(loss) }
    try evaluator.run(samples, gates: settings) { answer in
      sums[answer.setting].add(answer.outputs, sample: answer.sample, samples.targets)
    }
    return sums.map { sum in
      let found = sum.measurement
      return ModelMeasurement(
        loss: found.loss.isNaN ? .infinity : found.loss, accuracy: found.accuracy)
    }
  }
}
