public import CoppicePassManager

extension StandardPasses {
  /// The presets; exact passes only.
  public static let presets: [Preset] = [
    Preset(
      name: "default", summary: "What `compile` runs without `--passes`",
      text:
        "fix(remove-identities,move-quantization,fold-quantization),@cleanup,fold-pad,fold-batch-norm,remove-dead,fuse-elementwise"
    ),
    Preset(
      name: "cleanup", summary: "Fewer nodes, the same weights",
      text: "fix(fold-constants,remove-identities,cancel-transposes,common-subexpressions,"
        + "remove-dead)"),
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
  public static let order: [OrderReason] = [
    OrderReason(
      first: "remove-identities", then: "fold-quantization",
      because: "an Identity or Dropout between a quantizer and its operator hides the pattern"),
    OrderReason(
      first: "move-quantization", then: "fold-quantization",
      because: "a reshape or pool between a quantizer and its operator hides the pattern"),
    OrderReason(
      first: "fold-quantization", then: "fold-constants",
      because: "a weight behind DequantizeLinear would be unfolded to floats"),
    OrderReason(
      first: "fold-constants", then: "fold-pad",
      because: "pads that are computed from shapes must be known to be folded"),
    OrderReason(
      first: "remove-identities", then: "fold-batch-norm",
      because: "an Identity or Dropout between a weight and its normalisation hides the pair"),
    OrderReason(
      first: "cancel-transposes", then: "fold-batch-norm",
      because: "a transpose between a convolution and its normalisation hides the pair"),
    OrderReason(
      first: "fold-pad", then: "fuse-elementwise",
      because: "a Pad inside of nothing is easier to fold than one beside a fused node"),
    OrderReason(
      first: "fold-batch-norm", then: "fuse-elementwise",
      because: "an activation follows its convolution only when the normalisation is gone"),
    OrderReason(
      first: "remove-dead", then: "fuse-elementwise",
      because: "a dead reader of a value looks like a second one and stops a tail"),
  ]
}
