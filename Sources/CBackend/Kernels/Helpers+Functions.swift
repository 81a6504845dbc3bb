import CoppiceIR
import CoppiceLowering

extension Helpers {
  /// The name of a function of float32 with code of its own; `nil` where it is that of `math.h`.
  ///
  /// Where there are vectors, exp, tanh and erf are polynomials without a branch, for numbers, which
  /// compilers then take side by side in loops, and for vectors. Elsewhere only exp is.
  ///
  /// - Parameters:
  ///   - function: What is computed.
  ///   - lanes: Numbers in a vector; 1 for one number.
  /// - Returns: The name.
  mutating func ownFunction(_ function: MathFunction, lanes: Int) -> String? {
    if target.vectors.isEmpty { return function == .exp && lanes == 1 ? exponential() : nil }
    let text = FunctionText(
      lanes: lanes, type: lanes == 1 ? "float" : vector(.float32, lanes),
      whole: lanes == 1 ? "int32_t" : vector(.int32, lanes))
    switch function {
    case .exp: return own(function, text, rank: 0, text.exponential)
    case .tanh: return own(function, text, rank: 1, text.tangent(own(.exp, lanes)))
    case .erf: return own(function, text, rank: 1, text.error(own(.exp, lanes)))
    default: return nil
    }
  }

  private mutating func own(_ function: MathFunction, _ lanes: Int) -> String {
    ownFunction(function, lanes: lanes) ?? ""
  }

  private mutating func own(
    _ function: MathFunction, _ text: FunctionText, rank: Int, _ body: [String]
  ) -> String {
    let suffix = text.lanes == 1 ? "f32" : "v\(text.lanes)f32"
    let bytes = text.lanes == 1 ? 0 : bytes(.float32, text.lanes)
    return self.function(
      "\(function.rawValue)_\(suffix)", vectorBytes: bytes, rank: rank, text.type,
      "\(text.type) x", body)
  }
}

/// The bodies of functions, for numbers or vectors.
private struct FunctionText {
  let lanes: Int
  /// The C type of the numbers, and of whole numbers as wide.
  let type: String
  let whole: String

  /// A constant in every lane.
  private func number(_ literal: String) -> String {
    lanes == 1 ? literal : "(\(literal) - (\(type)){0})"
  }

  /// The first where a test holds, else the second.
  private func choice(_ test: String, _ a: String, _ b: String) -> String {
    if lanes == 1 { return "\(test) ? \(a) : \(b)" }
    let test = "(\(whole))(\(test))"
    return "(\(type))(((\(whole))\(a) & \(test)) | ((\(whole))\(b) & ~\(test)))"
  }

  private var magnitude: String { choice("x < \(number("0.0f"))", "(-x)", "x") }

  /// A variable that is a polynomial, by Horner's rule.
  private func polynomial(_ result: String, _ x: String, _ terms: [String]) -> [String] {
    var lines = ["\(type) \(result) = \(number(terms[0]));"]
    for term in terms.dropFirst() {
      let added = term.hasPrefix("-") ? "- \(term.dropFirst())" : "+ \(term)"
      lines.append("\(result) = \(result) * \(x) \(added);")
    }
    return lines
  }

  /// e to the x, at most 1.03 units in the last place off, down to the smallest numbers.
  ///
  /// The argument is k ln 2 + r with ln 2 in two parts; adding 1.5 * 2^23 rounds, and leaves k in the
  /// low bits. The polynomial is that of Cephes. Two steps of scaling round once.
  var exponential: [String] {
    var lines = [
      "\(type) y = \(choice("x > \(number("-104.0f"))", "x", number("-104.0f")));",
      "y = \(choice("y < \(number("89.0f"))", "y", number("89.0f")));",
      "union { \(type) value; \(whole) bits; } n;",
      "n.value = y * 1.44269504f + 12582912.0f;",
      "const \(whole) k = n.bits - 0x4b400000;",
      "const \(whole) half = \(lanes == 1 ? "k / 2" : "k >> 1");",
      "n.value = n.value - 12582912.0f;",
      "\(type) r = y - n.value * 0.693359375f;",
      "r = r + n.value * 2.12194440e-4f;",
    ]
    lines += polynomial(
      "p", "r",
      [
        "1.9875691500e-4f", "1.3981999507e-3f", "8.3334519073e-3f", "4.1665795894e-2f",
        "1.6666665459e-1f", "5.0000001201e-1f",
      ])
    lines += [
      "p = p * r * r + r + 1.0f;",
      "union { \(type) value; \(whole) bits; } low;",
      "low.bits = (half + 127) << 23;",
      "union { \(type) value; \(whole) bits; } high;",
      "high.bits = (k - half + 127) << 23;",
      "p = p * low.value * high.value;",
      "return \(choice("x == x", "p", "x"));",
    ]
    return lines
  }

  /// The hyperbolic tangent, at most 1.4 units in the last place off: a polynomial (of Cephes) near
  /// zero, else by the exponential.
  func tangent(_ exponential: String) -> [String] {
    var lines = ["const \(type) a = \(magnitude);", "const \(type) s = x * x;"]
    lines += polynomial(
      "p", "s",
      [
        "-5.70498872745e-3f", "2.06390887954e-2f", "-5.37397155531e-2f", "1.33314422036e-1f",
        "-3.33332819422e-1f",
      ])
    lines += [
      "p = p * s * x + x;",
      "\(type) e = 1.0f - 2.0f / (\(exponential)(a + a) + 1.0f);",
      "e = \(choice("x < \(number("0.0f"))", "(-e)", "e"));",
      "return \(choice("a < \(number("0.625f"))", "p", "e"));",
    ]
    return lines
  }

  /// The error function, at most 1.2 units in the last place off: a polynomial near zero, else one
  /// less the exponential of another.
  func error(_ exponential: String) -> [String] {
    var lines = [
      "const \(type) a = \(magnitude);",
      "const \(type) c = \(choice("a < \(number("4.0f"))", "a", number("4.0f")));",
      "const \(type) s = c * c;",
      "\(type) e = \(number("-1.72853470e-5f")) * c + 3.83197126e-4f;",
      "const \(type) odd = \(number("-3.88396438e-3f")) * c + 2.42546219e-2f;",
      "e = e * s + odd;",
      "e = e * c - 1.06777877e-1f;", "e = e * c - 6.34846687e-1f;", "e = e * c - 1.28717512e-1f;",
      "e = 1.0f - \(exponential)(e * c - c);",
      "e = \(choice("x < \(number("0.0f"))", "(-e)", "e"));",
    ]
    lines += polynomial(
      "p", "s",
      [
        "-5.96761703e-4f", "4.99119423e-3f", "-2.67681349e-2f", "1.12819925e-1f",
        "-3.76125336e-1f", "1.28379166e-1f",
      ])
    lines += [
      "p = p * x + x;",
      "e = \(choice("a > \(number("0.927734375f"))", "e", "p"));",
      "return \(choice("x == x", "e", "x"));",
    ]
    return lines
  }
}
