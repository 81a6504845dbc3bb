public import CoppiceIR

/// One run of a pass.
public struct PassRun: Sendable {
  /// The pass as the pipeline writes it, with its options.
  public let pass: String
  /// Its place among all runs, from 0; a pass in `fix` runs more than once.
  public let index: Int
  /// Whether the graph is another than before.
  public let changed: Bool
  /// Rewrites of this run.
  public let rewrites: Int
  /// The time it took.
  public let duration: Duration
}

/// Something that watches a pipeline run.
public protocol PassObserver: AnyObject {
  /// A pass is about to run.
  func willRun(_ pass: String, index: Int, on graph: Graph)
  /// A pass has run.
  func didRun(_ run: PassRun, before: Graph, after: Graph)
}

extension PassObserver {
  /// Does nothing.
  ///
  /// - Parameters:
  ///   - pass: The pass as the pipeline writes it.
  ///   - index: Its place among all runs.
  ///   - graph: The graph before.
  public func willRun(_ pass: String, index: Int, on graph: Graph) {}
}
