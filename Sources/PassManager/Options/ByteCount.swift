/// A number of bytes such as `65536`, `64K` or `1M`.
public struct ByteCount: Hashable, Sendable {
  /// The number.
  public let bytes: Int

  /// Reads a number.
  ///
  /// - Parameter text: Digits, and K or M for 1024 or 1024 times 1024 of them.
  public init?(_ text: String) {
    var digits = text[...]
    var unit = 1
    switch text.last {
    case "K", "k": unit = 1024
    case "M", "m": unit = 1024 * 1024
    default: break
    }
    if unit > 1 { digits.removeLast() }
    guard digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int(digits) else {
      return nil
    }
    let (product, overflows) = number.multipliedReportingOverflow(by: unit)
    guard !overflows else { return nil }
    bytes = product
  }
}
