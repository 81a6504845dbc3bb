import CoppiceIR
import Testing

/// Floats narrower than float32: codes, rounding, and what is no number.
struct NarrowFloatTests {
  private static let types: [ElementType] = [
    .float16, .bfloat16, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0,
    .float4e2m1,
  ]

  @Test(arguments: types) func codesRoundTrip(_ type: ElementType) throws {
    let format = try #require(NarrowFloat(type))
    for code in 0..<UInt32(1 << type.bits) {
      let value = format.decoded(UInt16(code))
      #expect(value.isNaN || UInt32(format.encoded(value)) == code, "\(code) is \(value)")
    }
  }

  /// The nearest of all codes, the even one of two.
  @Test(arguments: types) func roundsToTheNearest(_ type: ElementType) throws {
    let format = try #require(NarrowFloat(type))
    let all = (0..<format.limit).map { Double(format.decoded(UInt16($0))) }
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<20_000 {
      let place = Int.random(in: 0..<(all.count - 1), using: &generator)
      let (low, high) = (all[place], all[place + 1])
      for value in [Double.random(in: low...high), (low + high) / 2] {
        let isLow =
          value - low < high - value || value - low == high - value && isEven(place, format)
        let wanted = isLow ? place : place + 1
        #expect(Int(format.encoded(value)) == wanted, "\(value) between \(low) and \(high)")
      }
    }
  }

  /// Of powers of two the larger one is the even one.
  private func isEven(_ code: Int, _ format: NarrowFloat) -> Bool {
    format.specials != .power && code % 2 == 0
  }

  /// Codes of numbers that are too large or none, as ml_dtypes gives them.
  @Test func specialNumbers() throws {
    let values: [Float] = [-0.0, .nan, .infinity, -.infinity, 1e9, -1e-9, 464, 464.1]
    let codes: [(ElementType, [UInt16])] = [
      (.float16, [0x8000, 0x7E00, 0x7C00, 0xFC00, 0x7C00, 0x8000, 0x5F40, 0x5F40]),
      (.bfloat16, [0x8000, 0x7FC0, 0x7F80, 0xFF80, 0x4E6E, 0xB089, 0x43E8, 0x43E8]),
      (.float8e4m3fn, [0x80, 0x7F, 0x7F, 0xFF, 0x7F, 0x80, 0x7E, 0x7F]),
      (.float8e4m3fnuz, [0, 0x80, 0x80, 0x80, 0x80, 0, 0x80, 0x80]),
      (.float8e5m2, [0x80, 0x7E, 0x7C, 0xFC, 0x7C, 0x80, 0x5F, 0x5F]),
      (.float8e5m2fnuz, [0, 0x80, 0x80, 0x80, 0x80, 0, 0x63, 0x63]),
      (.float4e2m1, [8, 8, 7, 15, 7, 8, 7, 7]),
    ]
    for (type, wanted) in codes {
      let format = try #require(NarrowFloat(type))
      #expect(values.map { format.encoded($0) } == wanted, "\(type)")
    }
  }

  /// A double that lies just beside the middle of two halves is not rounded to the middle first.
  @Test func doublesAreRoundedOnce() throws {
    let format = try #require(NarrowFloat(.float16))
    #expect(format.encoded(1 + 0x1p-11) == 0x3C00)
    #expect(format.encoded(1 + 0x1p-11 + 0x1p-40) == 0x3C01)
    #expect(format.encoded(-1 - 0x1p-11 - 0x1p-40) == 0xBC01)
    #expect(format.encoded(1 + 3 * 0x1p-11 - 0x1p-40) == 0x3C01)
  }
}
