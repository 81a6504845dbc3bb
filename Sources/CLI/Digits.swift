import Glibc

/// A number with three digits, such as `0.0123`, `12.3` or `1.23e-07`.
func digits(_ number: Double) -> String {
  guard number.isFinite else { return number.isNaN ? "nan" : number < 0 ? "-inf" : "inf" }
  if number == 0 { return "0" }
  let sign = number < 0 ? "-" : ""
  var exponent = Int(floor(log10(abs(number))))
  var digits = Int((abs(number) * pow(10, Double(2 - exponent))).rounded())
  if digits == 1000 { (digits, exponent) = (100, exponent + 1) }
  let text = String(digits)
  switch exponent {
  case -3..<0: return sign + "0." + String(repeating: "0", count: -exponent - 1) + text
  case 0...1: return sign + text.prefix(exponent + 1) + "." + text.dropFirst(exponent + 1)
  case 2...5: return sign + text + String(repeating: "0", count: exponent - 2)
  default:
    let power = String(abs(exponent))
    return sign + text.prefix(1) + "." + text.dropFirst() + (exponent < 0 ? "e-" : "e+")
      + (power.count < 2 ? "0" : "") + power
  }
}

/// A number with so many digits behind the point.
func fixed(_ number: Double, digits: Int) -> String {
  guard number.isFinite, abs(number) < 1e15 else { return "\(number)" }
  let scale = (0..<digits).reduce(1) { value, _ in value * 10 }
  let whole = Int((abs(number) * Double(scale)).rounded())
  let rest = String(whole % scale)
  let sign = number < 0 && whole > 0 ? "-" : ""
  return "\(sign)\(whole / scale)." + String(repeating: "0", count: digits - rest.count) + rest
}
