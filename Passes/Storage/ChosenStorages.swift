public import CoppiceIR
public import CoppicePassManager

/// What `sparsify` leaves: how each constant is held, and why.
public struct ChosenStorages: PassResult {
  /// The storage of one constant.
  public struct Choice: Sendable {
    /// The constant.
    public let value: ValueID
    /// Its name.
    public let name: String
    /// Its extents.
    public let shape: [Int]
    /// Elements other than zero.
    public let nonzeros: Int
    /// Elements in all.
    public let elements: Int
    /// The bytes of dense storage.
    public let denseBytes: Int
    /// The name of the storage.
    public let storage: String
    /// The bytes it takes.
    public let bytes: Int
    /// The time of its reader, as a part of the time with dense storage.
    public let time: Double
    /// Why it is this storage.
    public let reason: String

    init(_ id: ValueID, _ value: Value, _ choice: StorageDecision) {
      self.value = id
      name = value.name
      shape = value.type.shape
      nonzeros = choice.nonzeros
      elements = value.type.count
      denseBytes = value.type.byteCount
      storage = choice.storage.rawValue
      bytes = choice.bytes
      time = choice.time
      reason = choice.reason
    }
  }

  /// The constants in the order of their first readers.
  public internal(set) var choices: [Choice]

  /// One row for each constant.
  public var table: ResultTable? {
    ResultTable(
      title: "storage",
      columns: [
        "name", "shape", "nonzeros", "elements", "dense bytes", "storage", "bytes", "time",
        "reason",
      ],
      rows: choices.map { choice in
        [
          .text(choice.name), .text(choice.shape.map(String.init).joined(separator: "x")),
          .integer(choice.nonzeros), .integer(choice.elements), .integer(choice.denseBytes),
          .text(choice.storage), .integer(choice.bytes),
          .number((choice.time * 100).rounded() / 100), .text(choice.reason),
        ]
      })
  }
}
