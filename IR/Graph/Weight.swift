/// A constant that operators read as their weight, directly or behind operators that only move or
/// convert its elements.
public struct Weight: Sendable {
  /// One operator's reading of a weight.
  public struct Reader: Sendable {
    /// The operator.
    public let node: NodeID
    /// Its operand.
    public let operand: Int
    /// How it reads the operand.
    public let reading: LinearReading
    /// The nodes between the constant and the operand, the one next to the operator first.
    public let carriers: [NodeID]
  }

  /// The constant.
  public let value: ValueID
  /// Who reads it as a weight, in the order of the file.
  public let readers: [Reader]
  /// Why passes may not set single elements to zero; `nil` if they may.
  public let refusal: String?
}

/// An operand that would be a weight if it were a constant.
public struct ComputedWeight: Sendable {
  /// The operator that reads it.
  public let node: NodeID
  /// Its operand.
  public let operand: Int
  /// The node whose result is not folded yet, although it depends on constants only.
  public let source: NodeID
}
