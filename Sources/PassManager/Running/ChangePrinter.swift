public import CoppiceIR

/// Hands out the graph's text after each pass that changed it (`--print-after-changed`).
public final class ChangePrinter: PassObserver {
  private let print: (String) -> Void

  /// Makes a printer.
  ///
  /// - Parameter print: Takes the text, which ends without a line break.
  public init(print: @escaping (String) -> Void) { self.print = print }

  /// Hands out the graph's text if it changed.
  ///
  /// - Parameters:
  ///   - run: The run.
  ///   - before: The graph before.
  ///   - after: The graph after.
  public func didRun(_ run: PassRun, before: Graph, after: Graph) {
    guard run.changed else { return }
    let rewrites = run.rewrites == 1 ? "1 rewrite" : "\(run.rewrites) rewrites"
    print("// after \(run.pass) (#\(run.index), \(rewrites))\n\(after)")
  }
}

/// Adds up the time of each pass (`--time-passes`).
public final class PassTimer: PassObserver {
  /// One row: a pass, how often it ran and changed the graph, and its time.
  public struct Row: Sendable {
    /// The pass as the pipeline writes it.
    public let pass: String
    /// How often it ran.
    public fileprivate(set) var runs = 0
    /// How often it changed the graph.
    public fileprivate(set) var changes = 0
    /// Rewrites in all.
    public fileprivate(set) var rewrites = 0
    /// The time in all.
    public fileprivate(set) var duration = Duration.zero
  }

  /// One row for each pass, in the order of the first run.
  public private(set) var rows: [Row] = []

  /// Makes a timer.
  public init() {}

  /// Adds a run.
  ///
  /// - Parameters:
  ///   - run: The run.
  ///   - before: The graph before.
  ///   - after: The graph after.
  public func didRun(_ run: PassRun, before: Graph, after: Graph) {
    let index = rows.firstIndex { $0.pass == run.pass } ?? rows.count
    if index == rows.count { rows.append(Row(pass: run.pass)) }
    rows[index].runs += 1
    rows[index].changes += run.changed ? 1 : 0
    rows[index].rewrites += run.rewrites
    rows[index].duration += run.duration
  }
}
