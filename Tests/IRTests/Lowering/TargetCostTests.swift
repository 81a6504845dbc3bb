import CoppiceIR
import Testing

/// What passes are told about storages, beside what was counted and calculated elsewhere.
struct TargetCostTests {
  /// A layer, and instructions on Cortex-M4 with index rows, bitmap and blocks at 80 % zeros as parts
  /// of those with dense weights.
  struct Layer: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var rows: Int
    var groups: Int
    var columns: Int
    var use: WeightUse
    var counted: [Double]
  }

  private static func window(_ extent: Int, steps: Int = 1, _ inside: Double) -> WeightUse {
    WeightUse(
      .window, resultRows: extent, resultColumns: extent, steps: steps, inside: inside)
  }

  static let layers = [
    Layer(
      testDescription: "16 to 16 channels at 8x8", rows: 16, groups: 9, columns: 16,
      use: window(8, 0.84), counted: [0.259, 0.394, 0.209]),
    Layer(
      testDescription: "16 to 16 channels at 4x4", rows: 16, groups: 9, columns: 16,
      use: window(4, 0.694), counted: [0.189, 0.283, 0.166]),
    Layer(
      testDescription: "64 to 64 channels at 8x8", rows: 64, groups: 9, columns: 64,
      use: window(8, 0.84), counted: [0.238, 0.380, 0.187]),
    Layer(
      testDescription: "3 to 16 channels at 32x32", rows: 16, groups: 9, columns: 3,
      use: window(32, 0.959), counted: [0.384, 0.404, 0.365]),
    Layer(
      testDescription: "16 to 32 channels, steps of 2", rows: 32, groups: 9, columns: 16,
      use: window(16, steps: 4, 0.958), counted: [0.297, 0.409, 0.240]),
    Layer(
      testDescription: "1 to 16 channels at 8x8", rows: 16, groups: 3, columns: 3,
      use: window(8, 0.84), counted: [0.376, 0.400]),
    Layer(
      testDescription: "pointwise, 64 channels at 25x5", rows: 64, groups: 1, columns: 64,
      use: WeightUse(.pointwise, resultRows: 25, resultColumns: 5),
      counted: [0.302, 0.419, 0.236]),
    Layer(
      testDescription: "depthwise, 64 channels at 25x5", rows: 64, groups: 3, columns: 3,
      use: WeightUse(.depthwise, group: 64, resultRows: 25, resultColumns: 5, inside: 0.844),
      counted: [0.232, 0.234, 7]),
    Layer(
      testDescription: "product, 256 to 64", rows: 64, groups: 1, columns: 256,
      use: WeightUse(.product), counted: [0.508, 1.337, 0.263]),
    Layer(
      testDescription: "product, 64 to 64, 8 rows", rows: 64, groups: 1, columns: 64,
      use: WeightUse(.product, resultRows: 8), counted: [0.396, 0.650, 0.253]),
  ]

  @Test(arguments: layers) func timesAreThoseCounted(_ layer: Layer) throws {
    let nonzeros = layer.rows * layer.groups * layer.columns / 5
    let shape = WeightShape(
      rows: layer.rows, groups: layer.groups, columns: layer.columns, nonzeros: nonzeros,
      blocks: nonzeros / 4, elementBytes: 4)
    for (storage, counted) in zip([StorageKind.indexRows, .bitmap, .blocks], layer.counted) {
      let time = try #require(Target.cortexM4.relativeTime(storage, shape, layer.use))
      if counted >= 1 {
        #expect(time >= 0.9, "\(storage)")
      } else {
        #expect(abs(time / counted - 1) < 0.25, "\(storage): \(time) for \(counted)")
      }
    }
  }

  @Test(arguments: Target.allCases) func everyStorageHasATime(_ target: Target) throws {
    for kind in WeightUse.Kind.allCases {
      let use = WeightUse(kind, group: kind == .depthwise ? 8 : 1, resultRows: 4, resultColumns: 4)
      for nonzeros in [0, 1, 100, 288] {
        let shape = WeightShape(
          rows: 8, groups: 9, columns: 4, nonzeros: nonzeros, blocks: 72, elementBytes: 4)
        for storage in StorageKind.allCases {
          let time = try #require(target.relativeTime(storage, shape, use))
          #expect(time > 0 && time.isFinite, "\(kind), \(storage), \(nonzeros) nonzeros")
        }
      }
    }
    let empty = WeightShape(rows: 0, columns: 4, nonzeros: 0, blocks: 0, elementBytes: 4)
    #expect(target.relativeTime(.bitmap, empty, WeightUse(.product)) == nil)
  }

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
