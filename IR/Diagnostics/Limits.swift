/// What a model may ask of the compiler before it is refused.
///
/// Guards against files that would take all memory or time, not limits of what can be compiled. Each
/// can be raised.
public struct Limits: Hashable, Sendable {
  /// Nodes of a model, with its functions expanded and its loops written out.
  public var nodes = 250_000
  /// Calls of functions inside of each other.
  public var depth = 256
  /// Elements and turns of loops that folding constants may take in all.
  public var foldedWork = 1 << 28
  /// Bytes of constants that a written model may have more than the one that was read.
  public var exportBytes = 1 << 30
  /// Operations of the expressions of one kernel.
  public var expression = 1_000_000

  /// Turns of a loop that is not written out, times those of the loops around it.
  public var turns = 1 << 18

  /// Makes the default limits.
  public init() {}

  /// One limit as the command line knows it.
  public struct Setting: Sendable {
    /// What `--limit` calls it.
    public let name: String
    /// What it limits.
    public let summary: String
    /// What it may be set to.
    public let range: ClosedRange<Int>
    /// Where it is kept.
    public let value: @Sendable (inout Limits, Int?) -> Int
  }

  /// All limits in alphabetical order.
  public static let all: [Setting] = [
    Setting(
      name: "depth", summary: "calls of functions inside of each other", range: 1...500,
      value: { limits, new in exchange(&limits.depth, new) }),
    Setting(
      name: "export-bytes",
      summary: "bytes of constants that a written model may have more than the one read",
      range: 0...(1 << 50), value: { limits, new in exchange(&limits.exportBytes, new) }),
    Setting(
      name: "expression", summary: "operations of the expressions of one kernel",
      range: 1...(1 << 40), value: { limits, new in exchange(&limits.expression, new) }),
    Setting(
      name: "folded-work", summary: "elements and turns of loops that folding may take in all",
      range: 0...(1 << 50), value: { limits, new in exchange(&limits.foldedWork, new) }),
    Setting(
      name: "nodes", summary: "nodes with functions expanded and loops written out",
      range: 1...(1 << 30), value: { limits, new in exchange(&limits.nodes, new) }),
    Setting(
      name: "turns",
      summary: "turns of a loop that is not written out, times those of the loops around it",
      range: 0...(1 << 50), value: { limits, new in exchange(&limits.turns, new) }),
  ]

  private static func exchange(_ place: inout Int, _ new: Int?) -> Int {
    if let new { place = new }
    return place
  }
}
