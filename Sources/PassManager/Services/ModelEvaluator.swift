public import CoppiceIR

/// Runs one model on any number of samples and gate settings.
///
/// Whoever implements it gives the same answers on every machine: float arithmetic is that of the
/// generated C, without fused or reordered operations.
public protocol ModelEvaluator: Sendable {
  /// Runs every sample under every setting, setting by setting, samples in order.
  ///
  /// What `take` throws ends the work.
  ///
  /// - Throws: What `take` throws, and why a sample cannot be run.
  func run(
    _ samples: ModelSamples, gates settings: [GateSetting], _ take: (ModelAnswer) throws -> Void
  ) throws
}

/// What a model answers to one sample under one setting.
public struct ModelAnswer: Sendable {
  /// The number of the setting.
  public let setting: Int
  /// The number of the sample.
  public let sample: Int
  /// The elements of each output, row-major and packed.
  public let outputs: [Bytes]
  /// The elements of each value tapped, row-major and packed.
  public let taps: [Bytes]

  /// Makes an answer.
  ///
  /// - Parameters:
  ///   - setting: The number of the setting.
  ///   - sample: The number of the sample.
  ///   - outputs: The elements of each output.
  ///   - taps: The elements of each value tapped.
  public init(setting: Int, sample: Int, outputs: [Bytes], taps: [Bytes]) {
    self.setting = setting
    self.sample = sample
    self.outputs = outputs
    self.taps = taps
  }
}

/// Inputs of a model, and what it should answer where that is known.
public struct ModelSamples: Sendable {
  /// What a model should answer.
  public enum Targets: Sendable {
    /// Nothing is known.
    case none
    /// A class for each position of output 0; of each sample.
    case classes([[Int]])
    /// The elements of the first outputs, in their own types; of each sample.
    case values([[Bytes]])
  }

  /// The elements of each input; of each sample.
  public var inputs: [[Bytes]]
  /// What the model should answer.
  public var targets: Targets

  /// How many there are.
  public var count: Int { inputs.count }

  /// Makes samples.
  ///
  /// - Parameters:
  ///   - inputs: The elements of each input; of each sample.
  ///   - targets: What the model should answer; for as many samples.
  public init(inputs: [[Bytes]], targets: Targets = .none) {
    self.inputs = inputs
    self.targets = targets
  }
}
