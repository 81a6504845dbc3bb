/// A decimal number or a fraction kept as it was typed, so that `0.29` of 100 is 29 and not 28, and
/// `1/3` of 3 is 1.
public struct ExactDecimal: Hashable, Sendable, CustomStringConvertible {
  /// The number as it was typed.
  public let text: String
  /// The nearest double.
  public let double: Double
  let isNegative: Bool
  let digits: UInt64
  let scale: Int
  let divisor: UInt64

  /// Reads a number such as `0.8`, `1`, `.5`, `2.5e-3` or `2/3`.
  ///
  /// - Parameter text: At most 18 significant digits, or two whole numbers with a slash between; no
  ///   spaces, no hexadecimal, no infinity.
  public init?(_ text: String) {
    if let slash = text.firstIndex(of: "/") {
      let (above, below) = (text[..<slash], text[text.index(after: slash)...])
      guard above.isDigits, below.isDigits, let digits = UInt64(above),
        let divisor = UInt64(below), divisor > 0
      else { return nil }
      self.text = text
      double = Double(digits) / Double(divisor)
      isNegative = false
      (self.digits, scale, self.divisor) = (digits, 0, divisor)
      return
    }
    guard let parts = DecimalParts(text), let double = Double(parts.canonical), double.isFinite
    else { return nil }
    self.text = text
    self.double = double
    isNegative = parts.isNegative
    digits = parts.digits
    scale = parts.scale
    divisor = 1
  }

  /// The number as it was typed.
  public var description: String { text }

  /// The largest whole number that is not above the number times a count.
  ///
  /// - Parameter count: Not negative.
  /// - Returns: The exact result, at most `Int.max`; 0 if the number is negative.
  public func floor(times count: Int) -> Int { product(count).quotient }

  /// The smallest whole number that is not below the number times a count.
  ///
  /// - Parameter count: Not negative.
  /// - Returns: The exact result, at most `Int.max`; 0 if the number is negative.
  public func ceiling(times count: Int) -> Int {
    let (quotient, hasRemainder) = product(count)
    return hasRemainder && quotient < Int.max ? quotient + 1 : quotient
  }

  private func product(_ count: Int) -> (quotient: Int, hasRemainder: Bool) {
    guard !isNegative, count > 0, digits > 0 else { return (0, false) }
    let product = UInt128(digits) * UInt128(count)
    if scale > 38 { return (0, true) }
    if scale < 0 {
      let (value, overflow) = product.multipliedReportingOverflow(by: power(-scale))
      return (overflow ? Int.max : Int(clamping: value), false)
    }
    let (quotient, remainder) = product.quotientAndRemainder(
      dividingBy: divisor > 1 ? UInt128(divisor) : power(scale))
    return (Int(clamping: quotient), remainder != 0)
  }

  private func power(_ exponent: Int) -> UInt128 {
    (0..<min(exponent, 38)).reduce(1) { result, _ in result * 10 }
  }
}

extension Substring {
  fileprivate var isDigits: Bool { !isEmpty && utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } }
}

/// `digits` times ten to the power of minus `scale`.
private struct DecimalParts {
  var isNegative = false
  var digits: UInt64 = 0
  var scale = 0

  init?(_ text: String) {
    var rest = Substring(text)
    if rest.first == "-" || rest.first == "+" { isNegative = rest.removeFirst() == "-" }
    var seen = false
    var significant = 0
    var isFraction = false
    while let next = rest.first, next == "." || ("0"..."9").contains(next) {
      rest.removeFirst()
      guard let digit = next.wholeNumberValue else {
        if isFraction { return nil }
        isFraction = true
        continue
      }
      seen = true
      if digits > 0 || digit > 0 { significant += 1 }
      guard significant <= 18 else { return nil }
      digits = digits * 10 + UInt64(digit)
      if isFraction { scale += 1 }
    }
    guard seen else { return nil }
    guard let exponent = Self.exponent(rest) else { return nil }
    scale -= exponent
    if digits == 0 { scale = 0 }
  }

  /// 0 where there is no exponent; `nil` where the text is something else.
  private static func exponent(_ text: Substring) -> Int? {
    guard let mark = text.first else { return 0 }
    guard mark == "e" || mark == "E" else { return nil }
    let digits = text.dropFirst()
    guard digits.allSatisfy({ $0.isASCII && !$0.isWhitespace }), let value = Int(digits),
      abs(value) <= 400
    else { return nil }
    return value
  }

  var canonical: String { "\(isNegative ? "-" : "")\(digits)e\(-scale)" }
}
