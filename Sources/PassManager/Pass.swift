public import CoppiceIR

/// A rewrite of the graph.
///
/// One pass is one file: its doc comment shows the graph before and after, its `info` says the rest.
/// A pass keeps no state between runs and does no I/O; what it needs from outside, and every
/// permission to rewrite, comes from the context.
public protocol Pass: Sendable {
  /// What the pass is called, does and takes.
  static var info: PassInfo { get }

  /// Makes the pass from its options, which were checked against `info`.
  ///
  /// - Throws: What the check of single options cannot find.
  init(options: PassOptions) throws

  /// Rewrites a graph, with an edit of `context` for each rewrite.
  ///
  /// - Throws: Why the pass cannot do what it was asked for.
  func run(on graph: inout Graph, _ context: inout PassContext) throws
}

/// What a pass says about itself; help, manual and checks are made from it.
public struct PassInfo: Hashable, Sendable {
  /// Whether a pass keeps what the model computes.
  public enum Exactness: String, Hashable, Sendable {
    /// The model computes the same, up to rounding.
    case exact
    /// The model computes something else; runs only when the user names it.
    case approximate
  }

  /// The name in pipelines, such as `prune-magnitude`.
  public var name: String
  /// One line, without a full stop.
  public var summary: String
  /// Whether the pass keeps what the model computes.
  public var exactness: Exactness
  /// The options it takes.
  public var options: [PassOption]
  /// The names that it counts under.
  public var statistics: [String]
  /// A pipeline that shows its use.
  public var example: String

  /// Describes a pass.
  ///
  /// - Parameters:
  ///   - name: The name in pipelines.
  ///   - summary: One line, without a full stop.
  ///   - exactness: Whether the pass keeps what the model computes.
  ///   - options: The options it takes.
  ///   - statistics: The names that it counts under.
  ///   - example: A pipeline that shows its use; the pass alone if there is nothing to show.
  public init(
    name: String, summary: String, exactness: Exactness = .exact, options: [PassOption] = [],
    statistics: [String] = [], example: String? = nil
  ) {
    self.name = name
    self.summary = summary
    self.exactness = exactness
    self.options = options
    self.statistics = statistics
    self.example = example ?? name
  }
}
