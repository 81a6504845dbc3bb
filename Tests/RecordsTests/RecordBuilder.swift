import CoppiceRecords

/// Builds small records in memory.
struct RecordBuilder {
  var tensors: [(name: String, shape: [Int], values: [Float])] = []
  var metadata: [String: String] = ["format": "prunerec/1", "masks_active": "false"]
  var parameters: [String] = []

  mutating func add(_ name: String, shape: [Int], _ values: [RecordKey: [Float]]) {
    parameters.append(name)
    for (key, values) in values { tensors.append(("\(name)/\(key.rawValue)", shape, values)) }
  }

  func build() throws -> TrainingRecord {
    var metadata = metadata
    metadata["params"] = "{\(parameters.map { "\"\($0)\":{}" }.joined(separator: ","))}"
    var writer = SafetensorsWriter(metadata: metadata)
    for tensor in tensors { try writer.add(tensor.name, shape: tensor.shape, tensor.values) }
    return try TrainingRecord(
      SafetensorsFile(FileBytes(copying: writer.encoded(), name: "built")))
  }
}

/// The record that `pruning.md` 6.2 computes by hand: plain SGD, three steps.
enum HandMadeRecord {
  static let first: [Float] = [1, -1, 0.25, 2, -0.5, 0.5, 0, -2, 0.125, -0.25, 1.5, -1.5]
  static let last: [Float] = [
    1.5, -0.5, 1.25, 1.25, -1.25, -1, -0.5, -2, -0.625, -0.375, 1.5, -2,
  ]
  static let gradient: [Float] = [
    1.125, -0.875, 1.125, -2.625, 1.125, 0, -0.125, 0, 0.1875, 0.03125, 0, 1.375,
  ]
  static let midpoint: [Float] = [
    0.625, -0.375, 0.75, -1.21875, 0.65625, 0.375, 0.125, 0, 0.1875, 0.0390625, 0, 0.875,
  ]

  /// The weights after the first and the second step.
  static let between: [[Float]] = [
    [1.25, -0.75, 0.75, 1.75, -0.75, 0, -0.25, -2, -0.125, -0.375, 1.5, -2],
    [1.5, -0.75, 1, 1.5, -1, -0.5, 0, -2, -0.375, -0.25, 1.5, -2.25],
  ]

  static func record(named name: String = "fc.weight") throws -> TrainingRecord {
    var builder = RecordBuilder()
    builder.add(
      name, shape: [3, 4], [.final: last, .`init`: first, .mv: gradient])
    return try builder.build()
  }
}
