public import CoppiceIR

/// Tensors by name from a file: a training record, masks, scores.
public protocol NamedTensors: Sendable {
  /// The file's metadata.
  var metadata: [String: String] { get }
  /// The names in alphabetical order.
  var names: [String] { get }
  /// A tensor; `nil` when there is none of that name.
  ///
  /// - Throws: What is wrong with its record.
  func tensor(_ name: String) throws(DiagnosticMessage) -> Constant?
}

/// What the driver does for passes, which do no I/O of their own.
public struct PassServices: Sendable {
  /// Opens a file of named tensors.
  public typealias Open = @Sendable (String) throws(DiagnosticMessage) -> any NamedTensors
  /// Reads a file of text.
  public typealias ReadText = @Sendable (String) throws(DiagnosticMessage) -> String
  /// Reads the samples of a folder for a graph.
  public typealias ReadSamples = @Sendable (String, Graph) throws(Diagnostics) -> ModelSamples
  /// Makes a graph ready to run, with values to tap and gates.
  public typealias MakeEvaluator =
    @Sendable (Graph, [ValueID], ModelGates) throws(Diagnostics) -> any ModelEvaluator

  /// Opens the state file of a pass, or begins it.
  public typealias OpenState =
    @Sendable (String, StateOwner) throws(DiagnosticMessage) -> any MeasuringState

  /// Opens a file of named tensors, as a user's path names it.
  public var openTensors: Open
  /// Reads a text in UTF-8, as a user's path names its file.
  public var readText: ReadText
  /// Reads samples, as a user's path names their folder.
  public var readSamples: ReadSamples
  /// Chooses the storages of weights by the kernels that will read them; `nil` without a target.
  public var storages: (any StoragePlanning)?
  /// Opens the state of a pass, as a user's path names its file.
  public var openState: OpenState
  /// How sums of quantized numbers are requantized where the pipeline does not say.
  public var requantization = Requantization.Form.fast
  /// Told how far work is that takes long.
  public var progress: @Sendable (PassProgress) -> Void = { _ in }
  private let makeEvaluator: MakeEvaluator

  /// Makes services.
  ///
  /// - Parameters:
  ///   - openTensors: Opens a file of named tensors; refuses every path if none is given.
  ///   - readText: Reads a file of text; refuses every path if none is given.
  ///   - readSamples: Reads the samples of a folder; refuses every path if none is given.
  ///   - makeEvaluator: Makes a graph ready to run; by the interpreter if none is given.
  ///   - storages: Chooses the storages of weights.
  ///   - openState: Opens the state of a pass; refuses every path if none is given.
  public init(
    openTensors: @escaping Open = PassServices.refuse,
    readText: @escaping ReadText = PassServices.refuseText,
    readSamples: @escaping ReadSamples = PassServices.refuseSamples,
    makeEvaluator: @escaping MakeEvaluator = PassServices.interpret,
    storages: (any StoragePlanning)? = nil,
    openState: @escaping OpenState = PassServices.refuseState
  ) {
    self.openState = openState
    self.openTensors = openTensors
    self.readText = readText
    self.readSamples = readSamples
    self.makeEvaluator = makeEvaluator
    self.storages = storages
  }

  /// Makes a graph ready to run any number of times.
  ///
  /// - Parameters:
  ///   - graph: The model; no node of it is fused.
  ///   - taps: Values of the body that are given out beside the outputs.
  ///   - gates: Where it may be switched off in parts.
  /// - Returns: What runs it.
  /// - Throws: Why it cannot be run.
  public func evaluator(
    _ graph: Graph, taps: [ValueID] = [], gates: ModelGates = ModelGates()
  ) throws(Diagnostics) -> any ModelEvaluator {
    try makeEvaluator(graph, taps, gates)
  }

  /// Refuses to open a file.
  ///
  /// - Parameter path: The user's path.
  /// - Returns: Never.
  /// - Throws: `no-files`, always.
  @Sendable public static func refuse(
    _ path: String
  ) throws(DiagnosticMessage) -> any NamedTensors {
    throw .noFiles(path)
  }

  /// Refuses to read a text.
  ///
  /// - Parameter path: The user's path.
  /// - Returns: Never.
  /// - Throws: `no-files`, always.
  @Sendable public static func refuseText(_ path: String) throws(DiagnosticMessage) -> String {
    throw .noFiles(path)
  }

  /// Refuses to read a folder.
  ///
  /// - Parameters:
  ///   - path: The user's path.
  ///   - graph: Unused.
  /// - Returns: Never.
  /// - Throws: `no-files`, always.
  @Sendable public static func refuseSamples(
    _ path: String, _ graph: Graph
  ) throws(Diagnostics) -> ModelSamples {
    throw Diagnostics([Diagnostic(.error, .noFiles(path))])
  }

  /// Refuses to keep a state.
  ///
  /// - Parameters:
  ///   - path: The user's path.
  ///   - owner: Unused.
  /// - Returns: Never.
  /// - Throws: `no-files`, always.
  @Sendable public static func refuseState(
    _ path: String, _ owner: StateOwner
  ) throws(DiagnosticMessage) -> any MeasuringState {
    throw .noFiles(path)
  }

  /// The same services for a run that only tries something: it keeps no state and tells nothing.
  var forTrial: PassServices {
    var services = self
    services.openState = { _, _ in ForgottenState() }
    services.progress = { _ in }
    return services
  }

  /// Runs a graph by the interpreter, slowly.
  ///
  /// - Parameters:
  ///   - graph: The model.
  ///   - taps: Values of the body that are given out beside the outputs.
  ///   - gates: Where it may be switched off in parts.
  /// - Returns: What runs it.
  @Sendable public static func interpret(
    _ graph: Graph, _ taps: [ValueID], _ gates: ModelGates
  ) -> any ModelEvaluator {
    InterpretedModel(graph, taps: taps, gates: gates)
  }
}

extension DiagnosticMessage {
  fileprivate static func noFiles(_ path: String) -> Self {
    Self("no-files", "cannot open '\(path)': this program gives passes no access to files")
  }
}
