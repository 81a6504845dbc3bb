public import CoppiceIR
public import CoppicePassManager

/// What removing filters leaves for the writer of masks: what each constant was cut from.
public struct RemovedChannels: PassResult {
  /// What is left of one axis.
  public struct Axis: Hashable, Sendable {
    /// Which axis.
    public let axis: Int
    /// How many indices it had.
    public let extent: Int
    /// The indices that are left, ascending.
    public let kept: [Int]
  }

  /// One constant.
  public struct Cut: Sendable {
    /// The constant before.
    public let source: ValueID
    /// Its name.
    public let name: String
    /// Its shape.
    public let shape: [Int]
    /// Whether it was a weight.
    public let isWeight: Bool
    /// What holds the elements that are left; the same constant, or a copy for some readers.
    public let value: ValueID
    /// The axes that were cut.
    public let axes: [Axis]
  }

  /// The constants in the order in which they were cut.
  public let cuts: [Cut]

  /// None: what each layer loses is the report's.
  public var table: ResultTable? { nil }
}
