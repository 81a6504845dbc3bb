/// Builds an operation with two operands; indices are simplified.
///
/// - Parameters:
///   - op: The operation.
///   - a: The left operand.
///   - b: The right operand, of the same type.
/// - Returns: The expression.
@inline(never)
public func combine(_ op: BinaryOp, _ a: Expr, _ b: Expr) -> Expr {
  guard a.scalar == .index, b.scalar == .index else { return .binary(op, a, b) }
  switch (op, a.constantIndex, b.constantIndex) {
  case (_, let x?, let y?):
    if let value = folded(op, x, y) { return .integer(value) }
  case (.add, 0, _): return b
  case (.add, _, 0), (.sub, _, 0), (.mul, _, 1), (.div, _, 1): return a
  case (.mul, 1, _): return b
  case (.mul, 0, _), (.mul, _, 0): return .integer(0)
  case (.rem, _, 1): return .integer(0)
  case (.add, let x?, nil): return combine(.add, b, .integer(x))
  case (.sub, nil, let y?): return combine(.add, a, .integer(-y))
  case (.add, nil, let y?):
    if case .binary(.add, let inner, .integer(let x)) = a {
      return combine(.add, inner, .integer(x + y))
    }
  default: break
  }
  return .binary(op, a, b)
}

private func folded(_ op: BinaryOp, _ x: Int, _ y: Int) -> Int? {
  switch op {
  case .add: x + y
  case .sub: x - y
  case .mul: x * y
  case .div: y == 0 ? nil : x / y
  case .rem: y == 0 ? nil : x % y
  case .min: Swift.min(x, y)
  case .max: Swift.max(x, y)
  default: nil
  }
}

extension Expr {
  /// The sum; whole numbers wrap around.
  ///
  /// - Parameters:
  ///   - a: The left operand.
  ///   - b: The right operand.
  /// - Returns: The expression.
  public static func + (a: Expr, b: Expr) -> Expr { combine(.add, a, b) }
  /// The difference; whole numbers wrap around.
  ///
  /// - Parameters:
  ///   - a: The left operand.
  ///   - b: The right operand.
  /// - Returns: The expression.
  public static func - (a: Expr, b: Expr) -> Expr { combine(.sub, a, b) }
  /// The product; whole numbers wrap around.
  ///
  /// - Parameters:
  ///   - a: The left operand.
  ///   - b: The right operand.
  /// - Returns: The expression.
  public static func * (a: Expr, b: Expr) -> Expr { combine(.mul, a, b) }
  /// The quotient.
  ///
  /// - Parameters:
  ///   - a: The left operand.
  ///   - b: The right operand.
  /// - Returns: The expression.
  public static func / (a: Expr, b: Expr) -> Expr { combine(.div, a, b) }
  /// The sum with a known index.
  ///
  /// - Parameters:
  ///   - a: An index.
  ///   - b: A known index.
  /// - Returns: The expression.
  public static func + (a: Expr, b: Int) -> Expr { combine(.add, a, .integer(b)) }
  /// The difference from a known index.
  ///
  /// - Parameters:
  ///   - a: An index.
  ///   - b: A known index.
  /// - Returns: The expression.
  public static func - (a: Expr, b: Int) -> Expr { combine(.sub, a, .integer(b)) }
  /// The product with a known index.
  ///
  /// - Parameters:
  ///   - a: An index.
  ///   - b: A known index.
  /// - Returns: The expression.
  public static func * (a: Expr, b: Int) -> Expr { combine(.mul, a, .integer(b)) }

  /// A comparison.
  ///
  /// - Parameters:
  ///   - op: Which.
  ///   - other: The right operand, of the same type.
  /// - Returns: A bool.
  public func compared(_ op: CompareOp, _ other: Expr) -> Expr { .compare(op, self, other) }

  /// The smaller of two; of NaN and a number, the number.
  ///
  /// - Parameter other: Of the same type.
  /// - Returns: The expression.
  public func minimum(_ other: Expr) -> Expr { combine(.min, self, other) }

  /// The larger of two; of NaN and a number, the number.
  ///
  /// - Parameter other: Of the same type.
  /// - Returns: The expression.
  public func maximum(_ other: Expr) -> Expr { combine(.max, self, other) }

  /// The value in another scalar type.
  ///
  /// - Parameter scalar: The new type.
  /// - Returns: The expression itself when the type is the same.
  public func converted(to scalar: Scalar) -> Expr {
    if self.scalar == scalar { return self }
    if case .integer(let value) = self, case .element(let element) = scalar, element != .bool {
      return .constant(Double(value), element)
    }
    return .convert(self, scalar)
  }

  /// The value in another element type.
  ///
  /// - Parameter element: The new type.
  /// - Returns: The expression itself when the type is the same.
  public func converted(to element: ElementType) -> Expr { converted(to: .element(element)) }

  /// A number of an element type.
  ///
  /// - Parameters:
  ///   - value: Rounded to the type.
  ///   - element: A computable type.
  /// - Returns: The expression.
  public static func constant(_ value: Double, _ element: ElementType) -> Expr {
    element == .float32 ? .number(Double(Float(value)), element) : .number(value, element)
  }

  /// The least finite or infinite number of a type: where a maximum starts.
  ///
  /// - Parameter element: A computable type.
  /// - Returns: Minus infinity for floats, the least integer for integers.
  public static func lowest(_ element: ElementType) -> Expr {
    switch element {
    case .float32, .float64: .number(-.infinity, element)
    case .int64: .whole(.min, element)
    default:
      .number(
        element.isSigned ? -Double(sign: .plus, exponent: element.bits - 1, significand: 1) : 0,
        element)
    }
  }

  /// The largest number of a type: where a minimum starts.
  ///
  /// - Parameter element: A computable type.
  /// - Returns: Infinity for floats, the largest integer for integers.
  public static func highest(_ element: ElementType) -> Expr {
    switch element {
    case .float32, .float64: return .number(.infinity, element)
    case .int64: return .whole(.max, element)
    case .uint64: return .whole(-1, element)
    case .bool: return .number(1, element)
    default:
      let bits = element.isSigned ? element.bits - 1 : element.bits
      return .number(Double(sign: .plus, exponent: bits, significand: 1) - 1, element)
    }
  }
}
