import CoppiceIR
import CoppiceRecords
import Testing

@Suite struct SafetensorsTests {
  private func file(_ header: String, data: Int = 0) -> [UInt8] {
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init)
      + Array(header.utf8) + [UInt8](repeating: 0, count: data)
  }

  private func open(_ bytes: [UInt8]) throws -> SafetensorsFile {
    try SafetensorsFile(FileBytes(copying: bytes, name: "t"))
  }

  @Test func whatIsWrittenIsRead() throws {
    var writer = SafetensorsWriter(metadata: ["a": "quote \" and\nline", "format": "x"])
    try writer.add("é/w", shape: [2, 3], [1, -2, 3.5, 0, -0.0, 1e-30])
    try writer.add("mask", .bool, shape: [3], bytes: [1, 0, 1])
    try writer.add("empty", .float64, shape: [0, 4], bytes: [])
    let file = try open(writer.encoded())
    #expect(file.metadata == ["a": "quote \" and\nline", "format": "x"])
    #expect(file.entries.map(\.name) == ["empty", "mask", "é/w"])
    let entry = try #require(file.entry("é/w"))
    #expect(entry.shape == [2, 3])
    #expect(FloatValues(file.constant(entry))?.array == [1, -2, 3.5, 0, -0.0, 1e-30])
    #expect(entry.range.lowerBound % 4 == 0)
    #expect(throws: DiagnosticMessage.self) { try writer.add("mask", shape: [1], [1]) }
    let error = #expect(throws: DiagnosticMessage.self) { try writer.add("n", shape: [2], [1]) }
    #expect(error?.id == "safetensors-write")
  }

  @Test func unalignedNumbersAreRead() throws {
    let header =
      #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"#
      + #""b":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}}"#
    var bytes = file(header, data: 1)
    bytes += withUnsafeBytes(of: Float(2.5).bitPattern.littleEndian, Array.init)
    let opened = try open(bytes)
    let entry = try #require(opened.entry("b"))
    #expect(FloatValues(opened.constant(entry))?.array == [2.5])
  }

  static let tensor = #"{"dtype":"F32","shape":[2],"data_offsets":[0,8]}"#

  @Test(arguments: [
    ("", "[]", 0), ("not JSON", "{x}", 0), ("no end", "{", 0), ("trailing", "{}x", 0),
    ("twice", "{\"a\":\(tensor),\"a\":\(tensor)}", 8),
    ("overlap", "{\"a\":\(tensor),\"b\":\(tensor)}", 8),
    ("hole", #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#, 2),
    ("rest", "{\"a\":\(tensor)}", 9), ("short", "{\"a\":\(tensor)}", 7),
    ("dtype", #"{"a":{"dtype":"F33","shape":[2],"data_offsets":[0,8]}}"#, 8),
    ("shape", #"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, 8),
    ("negative", #"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, 8),
    ("overflow", #"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}"#, 8),
    ("backwards", #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, 8),
    ("three", #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4,8]}}"#, 8),
    ("huge", #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,99999999999999999999]}}"#, 8),
    ("fraction", #"{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}"#, 8),
    ("lacking", #"{"a":{"dtype":"F32","shape":[2]}}"#, 8),
    ("metadata", #"{"__metadata__":{"a":1}}"#, 0),
    ("surrogate", #"{"\ud800":{}}"#, 0), ("escape", #"{"\x":{}}"#, 0),
    ("deep", #"{"a":"# + String(repeating: "[", count: 100_000), 0),
  ])
  func malformedHeadersAreErrors(_ name: String, _ header: String, _ data: Int) {
    #expect(throws: DiagnosticMessage.self) { try open(file(header, data: data)) }
  }

  @Test func wrongLengthsAreErrors() {
    for bytes: [UInt8] in [
      [], [1, 2, 3], [UInt8](repeating: 0xFF, count: 8), [UInt8](repeating: 0, count: 8),
      [200, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0x7D],
    ] {
      #expect(throws: DiagnosticMessage.self) { try open(bytes) }
    }
  }

  @Test func everyTruncationAndFlippedBitOfARecordIsReadOrRefused() throws {
    let bytes = try #require(builtRecord())
    for length in 0..<bytes.count {
      #expect(throws: DiagnosticMessage.self) { try open(Array(bytes.prefix(length))) }
    }
    for index in bytes.indices {
      var changed = bytes
      changed[index] ^= 1 << UInt8(index % 8)
      _ = try? TrainingRecord(open(changed))
    }
  }

  private func builtRecord() -> [UInt8]? {
    var writer = SafetensorsWriter(metadata: [
      "format": "prunerec/1", "params": #"{"w":{"shape":[2,2],"alias":["v"]}}"#,
    ])
    try? writer.add("w/final", shape: [2, 2], [1, 2, 3, 4])
    return writer.encoded()
  }
}
