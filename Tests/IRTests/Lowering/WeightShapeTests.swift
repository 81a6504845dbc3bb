import CoppiceIR
import Testing

/// The bytes of the tables that storages are packed into, beside what was calculated elsewhere.
struct WeightShapeTests {
  /// Parts of the dense bytes, for elements of four bytes and of one, with their zeros in blocks of
  /// four rows.
  @Test(arguments: [
    (StorageKind.indexRows, 1024, [0.75, 0.45, 0.30, 0.15, 0.075]),
    (.indexRows, 256, [0.625, 0.375, 0.25, 0.125, 0.0625]),
    (.bitmap, 1024, [0.531, 0.331, 0.231, 0.131, 0.081]),
    (.blocks, 1024, [0.5625, 0.3375, 0.225, 0.1125, 0.0563]),
  ])
  func bytesAreThePublishedParts(_ storage: StorageKind, _ columns: Int, _ parts: [Double]) {
    for (zeros, part) in zip([0.5, 0.7, 0.8, 0.9, 0.95], parts) {
      let blocks = Int((Double(1024 / 4 * columns) * (1 - zeros)).rounded())
      let shape = WeightShape(
        rows: 1024, columns: columns, nonzeros: blocks * 4, blocks: blocks, elementBytes: 4)
      let found = Double(shape.bytes(storage)) / Double(shape.bytes(.dense))
      #expect(abs(found - part) < 0.0045, "\(zeros): \(found)")
    }
  }

  @Test func bytesOfASmallWindowCountEveryTable() {
    // Two filters of 3 channels and 2x2 taps with five nonzeros, all below 256.
    let shape = WeightShape(
      rows: 2, groups: 4, columns: 3, nonzeros: 5, blocks: 4, elementBytes: 4)
    #expect(shape.bytes(.indexRows) == 5 * 4 + 5 + 9)
    #expect(shape.bytes(.bitmap) == 5 * 4 + 8 + 2)
    #expect(shape.bytes(.blocks) == 4 * 16 + 4 + 5)
    #expect(shape.bytes(.dense) == 96)
  }
}
