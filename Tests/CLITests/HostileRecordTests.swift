import CoppiceTestSupport
import Testing

/// Training records that are damaged or made to harm end with a diagnostic.
@Suite struct HostileRecordTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func compile(_ record: [UInt8]) throws -> Outcome {
    try folder.write(record, "record.safetensors")
    return try Program.coppice(
      [
        "compile", Models.digitsModel, "-o", "out", "--passes",
        "prune-movement{record=record.safetensors,sparsity=0.5}",
      ], in: folder.path, limit: 20)
  }

  private static func file(_ header: String, _ data: [UInt8] = [1, 2, 3, 4]) -> [UInt8] {
    littleEndian(UInt64(header.utf8.count)) + Array(header.utf8) + data
  }

  private static func tensor(_ shape: String, _ offsets: String) -> [UInt8] {
    file("{\"a\":{\"dtype\":\"F32\",\"shape\":\(shape),\"data_offsets\":\(offsets)}}")
  }

  static let crafted: [[UInt8]] = [
    [], [1], littleEndian(UInt64.max), littleEndian(UInt64(1) << 40) + [0x7B],
    file("null"), file("{}"), file("{"), file(String(repeating: "[", count: 200_000)),
    file(String(repeating: "{\"a\":", count: 50_000)), tensor("[-1]", "[0,4]"),
    tensor("[4294967296,4294967296]", "[0,4]"), tensor("[4]", "[0,16]"), tensor("[1]", "[4,0]"),
    tensor("[1]", "[0,99999999999999999999999]"), tensor("[0,9223372036854775807]", "[0,0]"),
    file("{\"__metadata__\":{\"format\":\"\\ud800\"}}"),
    file("{\"__metadata__\":{\"format\":\"prunerec/1\",\"params\":\"[[[\"}}"),
    file("{\"__metadata__\":{\"format\":\"prunerec/1\",\"params\":\"{\\\"a\\\":{}}\"}}"),
  ]

  @Test func craftedRecordsAreRefused() throws {
    for (index, record) in Self.crafted.enumerated() {
      let outcome = try compile(record)
      #expect(outcome.status == 2 && outcome.errors.contains("error["), "number \(index)")
    }
    #expect(folder.names() == ["record.safetensors"])
  }

  @Test func damagedRecordsAreUsedOrRefused() throws {
    let whole = try TemporaryFolder()
    let copy = Models.digits + "/digits.prunerec.safetensors"
    #expect(try Program.run(["cp", copy, whole.path + "/record"]).status == 0)
    let good = try whole.bytes("record")
    #expect(try compile(good).status == 0)
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    func random(_ limit: Int) -> Int {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Int(state % UInt64(limit))
    }
    let symbols = Array("0123456789\"[]{},-\\".utf8)
    for _ in 0..<60 {
      var bytes = good
      for _ in 0...random(4) {
        let at = random(4400)
        switch random(4) {
        case 0: bytes[at] ^= 1 << UInt8(random(8))
        case 1: bytes[at] = symbols[random(symbols.count)]
        case 2: bytes.removeSubrange(at..<at + random(16))
        default: bytes.insert(contentsOf: bytes[at..<at + 16], at: at)
        }
      }
      #expect([0, 2].contains(try compile(bytes).status))
    }
  }

  @Test func aMapThatIsNoTextIsRefused() throws {
    let folder = try TemporaryFolder()
    try folder.write([0x7B, 0xFF, 0xFE, 0x7D], "map.json")
    let record = Models.digits + "/digits.prunerec.safetensors"
    let outcome = try Program.coppice(
      [
        "prune", Models.digitsModel, "-o", "out.onnx", "--json", "--passes",
        "prune-movement{record=\"\(record)\",keep=0.5,record-map=map.json}",
      ], in: folder.path)
    #expect(outcome.status == 2 && outcome.ids == ["file-text"], "\(outcome.errors)")
  }
}
