/// The scalar types of loop IR: indices and tensor elements.
public enum Scalar: Hashable, Sendable {
  /// A signed integer wide enough for any offset.
  case index
  /// A computable element type.
  case element(ElementType)

  /// The type that values of it are computed in.
  public var arithmetic: Scalar {
    if case .element(let element) = self { .element(element.arithmetic) } else { self }
  }

  /// A comparison's result.
  public static var bool: Scalar { .element(.bool) }

  /// Whether arithmetic is in floating point.
  public var isFloat: Bool {
    if case .element(let element) = self { element.isFloat } else { false }
  }
}

/// Operations with two operands of one type.
public enum BinaryOp: String, Hashable, Sendable {
  /// Whole numbers wrap around; division truncates towards zero and gives 0 for a divisor of 0.
  case add, sub, mul, div, rem, min, max
  /// On whole numbers and bool.
  case and, or, xor, shl, shr
  /// On int32: the high half of the 64-bit product, rounded, ties up: `(a * b + 2^31) >> 32`.
  case mulhr
}

/// Operations with one operand.
public enum UnaryOp: String, Hashable, Sendable {
  case neg, abs, not
  /// Logical negation of a bool.
  case lnot
}

/// Comparisons; the result is bool.
///
/// Any comparison with NaN but `ne` is false.
public enum CompareOp: String, Hashable, Sendable {
  case eq, ne, lt, le, gt, ge
}

/// Functions of C's `math.h`, on float32 or float64.
public enum MathFunction: String, Hashable, Sendable {
  case exp, log, sqrt, pow, sin, cos, tan, asin, acos, atan, sinh, cosh, tanh, asinh, acosh, atanh
  case erf, floor, ceil, trunc, rint, fmod, expm1, log1p
  /// 1 if NaN, else 0, as bool.
  case isnan
  /// 1 if infinite of either sign, else 0, as bool.
  case isinf
}

/// A variable of a kernel.
public struct Variable: Hashable, Sendable {
  /// Unique in the kernel.
  public let id: Int
  /// Its scalar type.
  public let scalar: Scalar
  /// 1, or the lanes of a vector.
  public let lanes: Int
  /// A wish for the printed name.
  public let hint: String

  package init(id: Int, scalar: Scalar, lanes: Int, hint: String) {
    self.id = id
    self.scalar = scalar
    self.lanes = lanes
    self.hint = hint
  }

  /// Hashes the id, which says it all inside a kernel.
  ///
  /// - Parameter hasher: Takes it.
  public func hash(into hasher: inout Hasher) { hasher.combine(id) }
}

/// A memory region that a kernel reads or writes.
public struct Buffer: Hashable, Sendable {
  /// Unique in the program.
  public let id: Int
  /// The element type.
  public let element: ElementType
  /// The number of elements.
  public let count: Int

  package init(id: Int, element: ElementType, count: Int) {
    self.id = id
    self.element = element
    self.count = count
  }

  /// Hashes the id, which says it all inside a program.
  ///
  /// - Parameter hasher: Takes it.
  public func hash(into hasher: inout Hasher) { hasher.combine(id) }
}

/// An expression of loop IR.
///
/// Building with the operators simplifies indices on the way.
public indirect enum Expr: Hashable, Sendable {
  /// An index.
  case integer(Int)
  /// A number of a float or integer element type; exact.
  case number(Double, ElementType)
  /// A whole number of a 64-bit type, by its bits.
  case whole(Int64, ElementType)
  case variable(Variable)
  /// Elements `index ..< index + lanes` of a buffer, in the type that kernels compute in.
  case load(Buffer, Expr, lanes: Int)
  case binary(BinaryOp, Expr, Expr)
  case unary(UnaryOp, Expr)
  case compare(CompareOp, Expr, Expr)
  /// The second where the first (a bool) holds, else the third; only that one is evaluated.
  case select(Expr, Expr, Expr)
  /// Floats to integers truncate and saturate, NaN gives 0; integers wrap around.
  ///
  /// A type that kernels do not compute in gives what it would hold, in the type that they compute in.
  case convert(Expr, Scalar)
  case math(MathFunction, [Expr])
  /// An operation on packed numbers, with as many operands as it takes.
  case packed(PackedOp, [Expr])
  /// A scalar in every lane.
  case splat(Expr, lanes: Int)
  /// Lanes of two vectors of floats in an order known now: those of the first are numbered from 0,
  /// those of the second go on.
  case shuffle(Expr, Expr, [Int])
  /// Lanes of two vectors of floats, numbered in the same way, by numbers in a vector of int32.
  case pick(Expr, Expr, Expr)

  /// The scalar type.
  public var scalar: Scalar {
    switch self {
    case .integer: .index
    case .number(_, let element), .whole(_, let element): .element(element)
    case .variable(let variable): variable.scalar
    case .load(let buffer, _, _): .element(buffer.element.arithmetic)
    case .binary(_, let a, _), .unary(_, let a): a.scalar
    case .compare: .bool
    case .select(_, let a, _): a.scalar
    case .convert(_, let scalar): scalar.arithmetic
    case .math(.isnan, _), .math(.isinf, _): .bool
    case .math(_, let arguments): arguments[0].scalar
    case .packed(let op, _): .element(op.result)
    case .splat(let a, _), .shuffle(let a, _, _), .pick(let a, _, _): a.scalar
    }
  }

  /// 1, or the lanes of a vector.
  public var lanes: Int {
    switch self {
    case .integer, .number, .whole, .packed: 1
    case .variable(let variable): variable.lanes
    case .load(_, _, let lanes), .splat(_, let lanes): lanes
    case .shuffle(_, _, let order): order.count
    case .pick(let a, _, _): a.lanes
    case .binary(_, let a, let b), .compare(_, let a, let b): max(a.lanes, b.lanes)
    case .unary(_, let a), .convert(let a, _): a.lanes
    case .select(_, let a, let b): max(a.lanes, b.lanes)
    case .math(_, let arguments): arguments.map(\.lanes).max() ?? 1
    }
  }

  /// The value of an index that is known now.
  public var constantIndex: Int? {
    if case .integer(let value) = self { value } else { nil }
  }
}
