public import CoppiceIR
public import CoppicePassManager
package import CoppiceRecords

/// What the element criteria leave: the zeros of each weight.
public struct PrunedWeights: PassResult {
  /// A parameter of the training that a weight, or a part of it, was made from.
  public struct Owner: Sendable {
    /// Its name in the record.
    public let name: String
    /// Its shape in the record.
    public let shape: [Int]
    /// How the weight's elements lie in it.
    package let layout: RecordLayout
  }

  /// One weight.
  public struct Weight: Sendable {
    /// The constant.
    public let value: ValueID
    /// Its name.
    public let name: String
    /// Its type.
    public let type: TensorType
    /// Its zeros after the pass.
    public let zeros: Int
    /// The zeros that the pass made.
    public let newlyZeroed: Int
    /// Where its scores came from; `nil` when they are its own elements.
    public let source: String?
    /// The parameters that it was made from; empty where no record names them.
    public let owners: [Owner]
  }

  /// The weights in the order of the layers.
  public internal(set) var weights: [Weight]
  /// What the table calls the sources.
  let sourceColumn: String?

  /// One row for each weight.
  public var table: ResultTable? {
    ResultTable(
      title: "weights",
      columns: ["weight", "type", "elements", "zeros", "newly zeroed"]
        + (sourceColumn.map { [$0] } ?? []),
      rows: weights.map { weight in
        [
          .text(weight.name), .text(weight.type.description), .integer(weight.type.count),
          .integer(weight.zeros), .integer(weight.newlyZeroed),
        ] + (weight.source.map { [.text($0)] } ?? [])
      })
  }
}
