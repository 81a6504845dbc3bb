public import CoppicePassManager

extension StandardPasses {
  /// The presets; exact passes only.
  public static let presets: [Preset] = [
    Preset(name: "default", summary: "What `compile` runs without `--passes`", text: "")
  ]

  /// A pass that must run before another in the default pipeline, and why.
  public struct OrderReason: Sendable {
    /// The pass that runs first.
    public let first: String
    /// The pass that runs later.
    public let then: String
    /// Why.
    public let because: String
  }

  /// Why the default pipeline has its order; a test checks every row.
  public static let order: [OrderReason] = []
}
