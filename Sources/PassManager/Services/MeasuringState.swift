public import CoppiceIR

/// What was found out so far by work that takes long, so that it goes on where it stopped.
///
/// The driver keeps it in a file. What is known decides nothing by itself: a pass asks for each value
/// before it computes it, so that it does the same whether or not it was interrupted.
public protocol MeasuringState: Sendable {
  /// What was noted under a key.
  ///
  /// - Parameter key: Any bytes.
  /// - Returns: The value; `nil` if there is none yet.
  func value(_ key: [UInt8]) -> [UInt8]?

  /// Notes a value under a key; the file follows at once or soon, and whole.
  ///
  /// - Parameters:
  ///   - value: Any bytes.
  ///   - key: Any bytes.
  /// - Throws: Why the file cannot be written.
  func note(_ value: [UInt8], _ key: [UInt8]) throws(DiagnosticMessage)

  /// Writes what is not in the file yet.
  ///
  /// - Throws: Why the file cannot be written.
  func save() throws(DiagnosticMessage)
}

/// What a state belongs to: all that its values depend on.
public struct StateOwner: Sendable {
  /// The pass with its options, without those that name files.
  public var options: String
  /// The model as the pass found it.
  public var graph: Graph
  /// Where it is switched off in parts.
  public var gates: ModelGates
  /// Inputs and targets.
  public var samples: ModelSamples

  /// Makes an owner.
  ///
  /// - Parameters:
  ///   - options: The pass with its options, without those that name files.
  ///   - graph: The model as the pass found it.
  ///   - gates: Where it is switched off in parts.
  ///   - samples: Inputs and targets.
  public init(options: String, graph: Graph, gates: ModelGates, samples: ModelSamples) {
    self.options = options
    self.graph = graph
    self.gates = gates
    self.samples = samples
  }
}

/// How far work is that takes long.
public struct PassProgress: Hashable, Sendable {
  /// The pass.
  public var pass: String
  /// What is counted, such as `masks measured`.
  public var what: String
  /// How much is done.
  public var done: Int
  /// How much there is at most; `nil` where nobody knows.
  public var all: Int?

  /// Makes a message.
  ///
  /// - Parameters:
  ///   - pass: The pass.
  ///   - what: What is counted.
  ///   - done: How much is done.
  ///   - all: How much there is at most.
  public init(_ pass: String, _ what: String, done: Int, of all: Int? = nil) {
    self.pass = pass
    self.what = what
    self.done = done
    self.all = all
  }
}

/// A state that nobody keeps.
struct ForgottenState: MeasuringState {
  func value(_ key: [UInt8]) -> [UInt8]? { nil }
  func note(_ value: [UInt8], _ key: [UInt8]) {}
  func save() {}
}
