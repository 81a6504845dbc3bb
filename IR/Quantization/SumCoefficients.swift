/// The sum of two quantized numbers in integers: `(a * left + b * right + start) >> bits`.
///
/// `a` and `b` are the integers with their zero points, which stand in `start` as half a unit does.
public struct SumCoefficients: Hashable, Sendable {
  /// The factor of the left operand.
  public var left: Int32
  /// The factor of the right operand.
  public var right: Int32
  /// Zero points, and half of what is shifted out.
  public var start: Int32
  /// How many bits are shifted out: 20, or fewer where scales ask for it.
  public var bits: Int

  /// The factors with the most bits that keep every sum within int32; `nil` when fewer than 8 bits
  /// would be left.
  ///
  /// - Parameters:
  ///   - a: The grid of the left operand.
  ///   - b: The grid of the right operand.
  ///   - y: The grid of the result.
  public init?(a: QuantizedGrid, b: QuantizedGrid, y: QuantizedGrid) {
    let (left, right) = (Double(a.scale) / Double(y.scale), Double(b.scale) / Double(y.scale))
    guard let bits = (8...20).last(where: { (256 * (left + right) + 256) * exp2($0) < 0x1p31 })
    else { return nil }
    self.bits = bits
    self.left = Int32((left * exp2(bits)).rounded())
    self.right = Int32((right * exp2(bits)).rounded())
    let zeros = a.zeroPoint * Int(self.left) + b.zeroPoint * Int(self.right)
    start = Int32(truncatingIfNeeded: y.zeroPoint << bits + 1 << (bits - 1) - zeros)
  }

  /// The sum before it is clamped.
  ///
  /// - Parameters:
  ///   - a: The left integer.
  ///   - b: The right integer.
  /// - Returns: An integer around the result's zero point.
  public func sum(_ a: Int, _ b: Int) -> Int {
    let products = Int32(a) &* left &+ Int32(b) &* right
    return Int((products &+ start) >> Int32(bits))
  }
}

private func exp2(_ bits: Int) -> Double { Double(sign: .plus, exponent: bits, significand: 1) }
