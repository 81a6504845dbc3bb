public import CoppiceC
public import CoppiceIR
public import CoppiceLowering
public import CoppicePassManager

/// What the user wants made of a model.
public struct CompileOptions: Sendable {
  /// The prefix of symbols and files; made from the model's file name if empty.
  public var name = ""
  /// The whole pipeline.
  public var passes = "@default"
  /// What the code is for.
  public var target = Target.generic
  /// Where constants go; `nil` is inline, and on this machine what suits their size.
  public var weights: WeightsPlacement?
  /// Extents of dynamic dimensions by name.
  public var dimensions: [String: Int] = [:]
  /// The most bytes the arena may take.
  public var ramLimit: Int?
  /// The most bytes that constants and code may take.
  public var flashLimit: Int?
  /// What the model may ask for.
  public var limits = Limits()
  /// How sums of quantized numbers are requantized where the pipeline does not say; `nil` is `fast`.
  public var requantization: Requantization.Form?
  /// What the inputs and outputs of a quantized model are to callers.
  public var portType = PortType.model
  /// Whether the graph is verified after each pass.
  public var verifiesEach = false
  /// Rewrites that passes may make in all.
  public var maxRewrites: Int?
  /// Shared libraries with further passes.
  public var plugins: [String] = []
  /// Folders with recorded vectors for the self-test.
  public var vectors: [String] = []
  /// The tolerance of recorded float outputs, relative to the largest.
  public var tolerance = 1e-5
  /// Whether answers of an approximate pipeline beyond the tolerance are reported only.
  public var toleratesApproximation = false

  /// A JSON file that takes the score and the fate of each unit that pruning judged.
  public var audit: String?
  /// Whether every plan of each layer is kept.
  public var explains = false

  /// Makes the default options.
  public init() {}
}

/// What is told while a model is compiled.
public struct Watcher {
  /// Takes the name of the stage that begins.
  public var stage: (String) -> Void
  /// Takes the graph's text after each pass that changed it; `nil` when nobody wants it.
  public var changedGraph: ((String) -> Void)?
  /// Told how far a pass is that takes long.
  public var progress: @Sendable (PassProgress) -> Void = { _ in }

  /// Makes a watcher.
  ///
  /// - Parameters:
  ///   - stage: Takes the name of the stage that begins.
  ///   - changedGraph: Takes the graph's text after each pass that changed it.
  public init(
    stage: @escaping (String) -> Void = { _ in }, changedGraph: ((String) -> Void)? = nil
  ) {
    self.stage = stage
    self.changedGraph = changedGraph
  }
}
