/// A floating-point format narrower than float32: how its codes stand for numbers.
///
/// Rounding is to nearest, ties to even. What is too large becomes what the format has for it: infinity,
/// else NaN, else its largest number.
public struct NarrowFloat: Hashable, Sendable {
  /// What a format has besides numbers.
  public enum Specials: Hashable, Sendable {
    /// Infinities and NaNs, as IEEE 754 has them.
    case ieee
    /// No infinity; NaN is where all bits but the sign are set.
    case finite
    /// No infinity and no negative zero, whose code is NaN.
    case unsignedZero
    /// Numbers only.
    case none
    /// Powers of two without sign; NaN is where all bits are set.
    case power
  }

  /// The bits of a code.
  public let bits: Int
  /// The bits after the point.
  public let fraction: Int
  /// What is added to exponents.
  public let bias: Int
  /// What there is besides numbers.
  public let specials: Specials

  /// The format of an element type.
  ///
  /// - Parameter element: `nil` for all but floats narrower than float32.
  public init?(_ element: ElementType) {
    switch element {
    case .float16: (bits, fraction, bias, specials) = (16, 10, 15, .ieee)
    case .bfloat16: (bits, fraction, bias, specials) = (16, 7, 127, .ieee)
    case .float8e4m3fn: (bits, fraction, bias, specials) = (8, 3, 7, .finite)
    case .float8e4m3fnuz: (bits, fraction, bias, specials) = (8, 3, 8, .unsignedZero)
    case .float8e5m2: (bits, fraction, bias, specials) = (8, 2, 15, .ieee)
    case .float8e5m2fnuz: (bits, fraction, bias, specials) = (8, 2, 16, .unsignedZero)
    case .float8e8m0: (bits, fraction, bias, specials) = (8, 0, 127, .power)
    case .float4e2m1: (bits, fraction, bias, specials) = (4, 1, 1, .none)
    default: return nil
    }
  }

  /// The bit of the sign.
  public var sign: UInt32 { specials == .power ? 0 : 1 << UInt32(bits - 1) }

  /// The first code, sign aside, that is no number.
  public var limit: UInt32 {
    switch specials {
    case .ieee: sign - 1 << UInt32(fraction)
    case .finite: sign - 1
    case .unsignedZero, .none: sign
    case .power: 255
    }
  }

  /// The code, sign aside, of what is too large.
  public var overflow: UInt32 { specials == .none ? limit - 1 : limit }

  /// The largest number.
  public var largest: Float { decoded(UInt16(limit - 1)) }

  /// The bits of float32 that are cut off.
  public var shift: UInt32 { UInt32(23 - fraction) }

  /// What exponents of float32 have more, in its bits.
  public var rebias: UInt32 { UInt32(127 - bias) << 23 }

  /// The number whose last bit is the least step of the format.
  public var step: Float { Float(sign: .plus, exponent: 24 - bias - fraction, significand: 1) }

  /// The number that a code stands for.
  ///
  /// - Parameter code: As many bits as the format has.
  /// - Returns: The number; NaN keeps what fits of its payload.
  public func decoded(_ code: UInt16) -> Float {
    let code = UInt32(code)
    if specials == .power {
      if code == 0 { return 0x1p-127 }
      return code == 255 ? .nan : Float(bitPattern: code << 23)
    }
    let (negative, rest) = (code & sign != 0, code & (sign - 1))
    let flag: UInt32 = negative ? 0x8000_0000 : 0
    if specials == .unsignedZero, negative, rest == 0 { return .nan }
    if specials == .finite, rest == limit { return Float(bitPattern: flag | 0x7FC0_0000) }
    if specials == .ieee, rest >= limit {
      let payload = (rest - limit) << shift
      return Float(bitPattern: flag | 0x7F80_0000 | payload | (payload == 0 ? 0 : 0x40_0000))
    }
    if rest >> UInt32(fraction) == 0 {
      let least = Float(sign: .plus, exponent: 1 - bias - fraction, significand: 1)
      return negative ? -Float(rest) * least : Float(rest) * least
    }
    return Float(bitPattern: flag | (rest << shift) &+ rebias)
  }

  /// The code of the nearest number.
  ///
  /// - Parameter value: Any number.
  /// - Returns: As many bits as the format has.
  public func encoded(_ value: Float) -> UInt16 {
    let rest = value.bitPattern & 0x7FFF_FFFF
    let flag = value.bitPattern >> 31 == 0 ? 0 : sign
    if specials == .power { return UInt16(power(value, rest)) }
    if rest > 0x7F80_0000 { return UInt16(nan(flag, rest)) }
    var code: UInt32
    if rest < (rebias + 0x80_0000) {
      code = (Float(bitPattern: rest) + step).bitPattern - step.bitPattern
    } else {
      let half = (1 as UInt32) << (shift - 1) - 1
      code = (rest + half + (rest >> shift & 1) - rebias) >> shift
    }
    if code >= limit { code = overflow }
    if specials == .unsignedZero && (code == 0 || code == limit) { return UInt16(code) }
    return UInt16(flag | code)
  }

  /// The code of the nearest number, rounded once.
  ///
  /// - Parameter value: Any number.
  /// - Returns: As many bits as the format has.
  public func encoded(_ value: Double) -> UInt16 { encoded(Self.roundedToOdd(value)) }

  private func nan(_ flag: UInt32, _ rest: UInt32) -> UInt32 {
    switch specials {
    case .ieee: flag | limit | 1 << UInt32(fraction - 1) | (rest & 0x7F_FFFF) >> shift
    case .finite: flag | limit
    case .unsignedZero, .none: sign
    case .power: limit
    }
  }

  /// Ties go up, as the next power of two is the even one.
  private func power(_ value: Float, _ rest: UInt32) -> UInt32 {
    if rest >= 0x7F80_0000 || value.bitPattern >> 31 == 1 { return limit }
    if rest < 0x80_0000 { return rest >= 0x60_0000 ? 1 : 0 }
    return min((rest + 0x40_0000) >> 23, limit)
  }

  /// A float32 that rounds to any narrower format as the number itself does: its last bit is set where
  /// something was cut off.
  ///
  /// - Parameter value: Any number.
  /// - Returns: One of the two float32 beside it.
  public static func roundedToOdd(_ value: Double) -> Float {
    let near = Float(value)
    let bits = near.bitPattern
    guard near.isFinite, Double(near) != value, bits & 1 == 0 else { return near }
    let isBelow = Double(near).magnitude < value.magnitude
    return Float(bitPattern: isBelow ? bits + 1 : bits - 1)
  }
}
