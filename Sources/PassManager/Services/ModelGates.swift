public import CoppiceIR

/// Parts of a model that can be switched off: where nodes read a part, they read zeros then.
///
/// Switching a gate off computes the same as masking its part in the constants of the model.
public struct ModelGates: Sendable {
  /// An operand whose indices along an axis belong to gates.
  public struct Reading: Hashable, Sendable {
    /// The node that reads.
    public var node: NodeID
    /// The number of the operand; a constant, or dequantized from one.
    public var operand: Int
    /// The axis of the operand.
    public var axis: Int
    /// The gate of each index; `nil` for one that is always on.
    public var gates: [Int?]

    /// Makes a reading.
    ///
    /// - Parameters:
    ///   - node: The node that reads.
    ///   - operand: The number of the operand.
    ///   - axis: The axis of the operand.
    ///   - gates: The gate of each index.
    public init(node: NodeID, operand: Int, axis: Int, gates: [Int?]) {
      self.node = node
      self.operand = operand
      self.axis = axis
      self.gates = gates
    }
  }

  /// How many gates there are.
  public var count: Int
  /// Where they are read.
  public var readings: [Reading]

  /// Makes gates.
  ///
  /// - Parameters:
  ///   - count: How many gates there are.
  ///   - readings: Where they are read; the numbers of their gates are less than `count`.
  public init(count: Int = 0, readings: [Reading] = []) {
    self.count = count
    self.readings = readings
  }
}

/// Which gates are off.
public struct GateSetting: Hashable, Sendable {
  /// For each gate, whether it is on.
  public var isOn: [Bool]

  /// All gates on.
  ///
  /// - Parameter count: How many gates there are.
  public init(count: Int) { isOn = Array(repeating: true, count: count) }

  /// Some gates off.
  ///
  /// - Parameters:
  ///   - off: The numbers of the gates that are off.
  ///   - count: How many gates there are.
  public init(off: some Sequence<Int>, count: Int) {
    self.init(count: count)
    for gate in off { isOn[gate] = false }
  }
}
