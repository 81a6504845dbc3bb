import CoppiceIR

extension ExpressionPrinter {
  /// An operation with two operands.
  mutating func binary(_ op: BinaryOp, _ a: Expr, _ b: Expr) -> (String, Binding) {
    if max(a.lanes, b.lanes) > 1 { return vectorBinary(op, a, b) }
    switch a.scalar {
    case .index: return indexBinary(op, a, b)
    case .element(.bool): return boolBinary(op, a, b)
    case .element(let element) where element.isFloat: return floatBinary(op, a, b, element)
    case .element(let element): return wholeBinary(op, a, b, element)
    }
  }

  private mutating func infix(
    _ sign: String, _ binding: Binding, _ a: Expr, _ b: Expr
  ) -> (String, Binding) {
    let tighter = Binding(rawValue: binding.rawValue + 1) ?? .primary
    return ("\(text(a, binding)) \(sign) \(text(b, tighter))", binding)
  }

  private mutating func indexBinary(_ op: BinaryOp, _ a: Expr, _ b: Expr) -> (String, Binding) {
    switch op {
    case .add:
      if let value = b.constantIndex, value < 0, value > Int.min {
        return ("\(text(a, .sum)) - \(-value)", .sum)
      }
      return infix("+", .sum, a, b)
    case .sub: return infix("-", .sum, a, b)
    case .mul: return infix("*", .product, a, b)
    case .div, .rem:
      if let divisor = b.constantIndex, divisor > 0 {
        return infix(op == .div ? "/" : "%", .product, a, b)
      }
      return call(helpers.division(op, .index), a, b)
    case .min, .max: return extremum(op, a, b)
    case .and, .or, .xor: return bitwise(op, a, b)
    case .shl, .shr: return call(helpers.shift(op, .index), a, b)
    case .mulhr: return call(helpers.roundedHighHalf(), a, b)
    }
  }

  private mutating func boolBinary(_ op: BinaryOp, _ a: Expr, _ b: Expr) -> (String, Binding) {
    switch op {
    case .and, .mul, .min: infix("&&", .and, a, b)
    case .or, .add, .max: ("\(text(a, .bits)) || \(text(b, .bits))", .or)
    default: ("\(text(a, .sum)) != \(text(b, .sum))", .equality)
    }
  }

  private mutating func floatBinary(
    _ op: BinaryOp, _ a: Expr, _ b: Expr, _ element: ElementType
  ) -> (String, Binding) {
    switch op {
    case .add: return infix("+", .sum, a, b)
    case .sub: return infix("-", .sum, a, b)
    case .mul: return infix("*", .product, a, b)
    case .div: return infix("/", .product, a, b)
    case .rem:
      helpers.needsMath = true
      return call(element == .float64 ? "fmod" : "fmodf", a, b)
    default: return extremum(op, a, b)
    }
  }

  private mutating func wholeBinary(
    _ op: BinaryOp, _ a: Expr, _ b: Expr, _ element: ElementType
  ) -> (String, Binding) {
    let scalar = Scalar.element(element)
    switch op {
    case .add: return wrapping("+", .sum, a, b, element)
    case .sub: return wrapping("-", .sum, a, b, element)
    case .mul: return wrapping("*", .product, a, b, element)
    case .div, .rem:
      if isSafeDivisor(b) {
        let (text, _) = infix(op == .div ? "/" : "%", .product, a, b)
        return element.bits < 32 ? ("(\(cName(element)))(\(text))", .prefix) : (text, .product)
      }
      return call(helpers.division(op, scalar), a, b)
    case .min, .max: return extremum(op, a, b)
    case .and, .or, .xor: return bitwise(op, a, b)
    case .shl, .shr: return call(helpers.shift(op, scalar), a, b)
    case .mulhr: return call(helpers.roundedHighHalf(), a, b)
    }
  }

  /// Sums, differences and products that wrap around without undefined behaviour.
  private mutating func wrapping(
    _ sign: String, _ binding: Binding, _ a: Expr, _ b: Expr, _ element: ElementType
  ) -> (String, Binding) {
    if element == .uint32 || element == .uint64 { return infix(sign, binding, a, b) }
    if element.bits == 8 || element == .int16 && binding == .sum {
      let (text, _) = infix(sign, binding, a, b)
      return ("(\(cName(element)))(\(text))", .prefix)
    }
    let wide = helpers.unsigned(.element(element))
    let joined = "(\(wide))\(text(a, .prefix)) \(sign) (\(wide))\(text(b, .prefix))"
    return ("(\(cName(element)))(\(joined))", .prefix)
  }

  private func isSafeDivisor(_ expr: Expr) -> Bool {
    switch expr {
    case .number(let value, _): value != 0 && value != -1
    case .whole(let value, _): value != 0 && value != -1
    default: false
    }
  }

  private mutating func bitwise(_ op: BinaryOp, _ a: Expr, _ b: Expr) -> (String, Binding) {
    let sign = op == .and ? "&" : op == .or ? "|" : "^"
    let joined = "\(text(a, .prefix)) \(sign) \(text(b, .prefix))"
    guard case .element(let element) = a.scalar, element.bits < 32 else { return (joined, .bits) }
    return ("(\(cName(element)))(\(joined))", .prefix)
  }

  private mutating func call(_ name: String, _ a: Expr, _ b: Expr) -> (String, Binding) {
    ("\(name)(\(text(a)), \(text(b)))", .primary)
  }

  private mutating func extremum(_ op: BinaryOp, _ a: Expr, _ b: Expr) -> (String, Binding) {
    guard op == .min || op == .max else { return ("0", .primary) }
    let isPlain = !a.scalar.isFloat || b.isNumber
    let isWide = a.scalar == .index || a.elementType.bits >= 32
    guard a.isSimple, b.isSimple, isPlain, isWide else {
      return call(helpers.extremum(op, a.scalar), a, b)
    }
    let (x, y) = (text(a, .sum), text(b, .sum))
    return ("\(x) \(op == .min ? "<" : ">") \(y) ? \(x) : \(y)", .choice)
  }

  private mutating func vectorBinary(_ op: BinaryOp, _ a: Expr, _ b: Expr) -> (String, Binding) {
    let lanes = max(a.lanes, b.lanes)
    let element = a.elementType
    switch op {
    case .add, .sub, .mul, .div:
      let binding: Binding = op == .add || op == .sub ? .sum : .product
      let sign = op == .add ? "+" : op == .sub ? "-" : op == .mul ? "*" : "/"
      if element.isSigned { return vectorWrapping(sign, a, b, element, lanes) }
      return vectorInfix(sign, binding, a, b)
    case .min, .max:
      let limit = b.isNumber
      let name =
        limit
        ? helpers.vectorLimit(op, element, lanes) : helpers.vectorExtremum(op, element, lanes)
      return call(name, a.splatted(lanes), b.splatted(lanes))
    case .rem:
      helpers.needsMath = true
      let name = helpers.lanewise(
        "fmod", element == .float64 ? "fmod" : "fmodf", from: element, to: element, lanes: lanes,
        arguments: 2)
      return call(name, a.splatted(lanes), b.splatted(lanes))
    case .and: return ("\(text(a, .prefix)) & \(text(b, .prefix))", .bits)
    case .or: return ("\(text(a, .prefix)) | \(text(b, .prefix))", .bits)
    case .xor: return ("\(text(a, .prefix)) ^ \(text(b, .prefix))", .bits)
    case .shl: return ("\(text(a, .prefix)) << \(text(b, .prefix))", .bits)
    case .shr: return ("\(text(a, .prefix)) >> \(text(b, .prefix))", .bits)
    case .mulhr:
      let scalar = helpers.roundedHighHalf()
      let name = helpers.lanewise(
        "mulhr", scalar, from: element, to: element, lanes: lanes, arguments: 2)
      return call(name, a.splatted(lanes), b.splatted(lanes))
    }
  }

  private mutating func vectorWrapping(
    _ sign: String, _ a: Expr, _ b: Expr, _ element: ElementType, _ lanes: Int
  ) -> (String, Binding) {
    let unsigned = ElementType(named: "u\(element.bits)") ?? .uint32
    let (wide, type) = (helpers.vector(unsigned, lanes), helpers.vector(element, lanes))
    let (x, y) = (text(a.splatted(lanes), .prefix), text(b.splatted(lanes), .prefix))
    if sign == "/" { return ("\(x) / \(y)", .product) }
    return ("(\(type))((\(wide))\(x) \(sign) (\(wide))\(y))", .prefix)
  }

  /// C spreads a scalar operand over the lanes by itself.
  private mutating func vectorInfix(
    _ sign: String, _ binding: Binding, _ a: Expr, _ b: Expr
  ) -> (String, Binding) {
    var (left, right) = (a, b)
    if case .splat(let scalar, _) = a, !b.isSplat { left = scalar }
    if case .splat(let scalar, _) = b { right = scalar }
    let tighter = Binding(rawValue: binding.rawValue + 1) ?? .primary
    return ("\(text(left, binding)) \(sign) \(text(right, tighter))", binding)
  }
}

extension Expr {
  fileprivate var isSplat: Bool { if case .splat = self { true } else { false } }

  /// Whether the expression is a number that is not NaN, or a splat of one.
  fileprivate var isNumber: Bool {
    switch self {
    case .number(let value, _): !value.isNaN
    case .whole, .integer: true
    case .splat(let inner, _): inner.isNumber
    default: false
    }
  }
}
