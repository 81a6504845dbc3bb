public import CoppiceIR

/// Elements that look random and are the same everywhere, computed alike here and in the self-test.
public struct TestPattern: Hashable, Sendable {
  /// Floats lie between plus and minus two to this power.
  public var exponent: Int
  /// Whether floats are all above 0.
  public var isPositive = false
  /// Tells the inputs of a model apart.
  public var seed: UInt32
  /// Elements in a row that are equal: noise without them leaves convolutions cold.
  public static let run = 8

  /// Makes a pattern.
  ///
  /// - Parameters:
  ///   - exponent: Floats lie between plus and minus two to this power.
  ///   - isPositive: Whether floats are all above 0.
  ///   - seed: Tells the inputs of a model apart.
  public init(exponent: Int, isPositive: Bool = false, seed: UInt32 = 0) {
    self.exponent = exponent
    self.isPositive = isPositive
    self.seed = seed
  }

  /// Between plus and minus 1/4.
  public static let weak = TestPattern(exponent: -2)
  /// Between plus and minus 1/32.
  public static let faint = TestPattern(exponent: -5)
  /// Between plus and minus 2.
  public static let strong = TestPattern(exponent: 1)
  /// Between plus and minus 8.
  public static let loud = TestPattern(exponent: 3)
  /// Between 0 and 1.
  public static let positive = TestPattern(exponent: 0, isPositive: true)

  /// Whether code can fill elements of a type.
  ///
  /// - Parameter element: The element type.
  /// - Returns: Whether C has a type for it.
  public static func fills(_ element: ElementType) -> Bool { element.isNative }

  /// The elements of an input.
  ///
  /// - Parameter type: The input's type; what code cannot fill gets bits that are no NaN.
  /// - Returns: Row-major elements.
  public func bytes(_ type: TensorType) -> Bytes {
    let noise = (0..<type.count).map { self.noise($0) }
    switch type.element {
    case .float32: return Bytes(noise.map { Float(number($0)) })
    case .float64: return Bytes(noise.map(number))
    case .int8: return Bytes(noise.map { Int8(Int($0) - 128) })
    case .uint8: return Bytes(noise.map { UInt8($0) })
    case .int16, .uint16: return Bytes(noise.map { UInt16($0 & 1) })
    case .int32, .uint32: return Bytes(noise.map { $0 & 1 })
    case .int64, .uint64: return Bytes(noise.map { UInt64($0 & 1) })
    case .float16: return Bytes(noise.map { UInt16(0x3000 + ($0 << 4)) })
    case .bfloat16: return Bytes(noise.map { UInt16(0x3E00 + $0) })
    default: return Bytes((0..<type.byteCount).map { UInt8(self.noise($0) & 1) })
    }
  }

  private func number(_ noise: UInt32) -> Double { (Double(noise) - center) * scale }

  private var center: Double { isPositive ? -0.5 : 127.5 }

  private var scale: Double {
    Double(sign: .plus, exponent: exponent - (isPositive ? 8 : 7), significand: 1)
  }

  private func noise(_ index: Int) -> UInt32 {
    var x = UInt32(truncatingIfNeeded: index / Self.run) &* 2_654_435_769 &+ seed
    x = (x ^ (x >> 16)) &* 73_244_475
    x = (x ^ (x >> 16)) &* 73_244_475
    return (x ^ (x >> 16)) & 255
  }

  /// The C function of the same noise.
  static func function(_ name: String) -> (head: String, body: [String]) {
    (
      "static uint32_t \(name)(size_t index, uint32_t seed)",
      [
        "uint32_t x = (uint32_t)(index / \(run)u) * 2654435769u + seed;",
        "x = (x ^ (x >> 16)) * 73244475u;",
        "x = (x ^ (x >> 16)) * 73244475u;",
        "return (x ^ (x >> 16)) & 255u;",
      ]
    )
  }

  /// The C expression of an element.
  func expression(_ element: ElementType, noise: String) -> String {
    let call = "\(noise)(i, \(seed)u)"
    let sign = isPositive ? "+" : "-"
    switch element {
    case .float32:
      let number = literal(Float(center.magnitude))
      return "((float)\(call) \(sign) \(number)) * \(literal(Float(scale)))"
    case .float64:
      return "((double)\(call) \(sign) \(literal(center.magnitude))) * \(literal(scale))"
    case .int8: return "(int8_t)((int32_t)\(call) - 128)"
    case .uint8: return "(uint8_t)\(call)"
    default: return "(\(cName(element)))(\(call) & 1u)"
    }
  }
}
