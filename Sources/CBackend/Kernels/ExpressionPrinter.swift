import CoppiceIR

/// How tightly C binds; a weaker operand gets parentheses.
enum Binding: Int, Comparable {
  case lowest, choice, or, and, bits, equality, order, sum, product, prefix, primary

  static func < (a: Binding, b: Binding) -> Bool { a.rawValue < b.rawValue }
}

/// Prints expressions of one kernel.
struct ExpressionPrinter {
  var helpers: Helpers
  /// Printed names by variable.
  var names: [Int: String] = [:]
  /// Printed names by buffer.
  var buffers: [Buffer: String] = [:]

  init(helpers: Helpers) { self.helpers = helpers }

  /// The expression's C text, in parentheses if it binds weaker than `place` asks for.
  mutating func text(_ expr: Expr, _ place: Binding = .lowest) -> String {
    let (text, binding) = printed(expr)
    return binding < place ? "(\(text))" : text
  }

  /// The text of a value on its way to memory or to a variable of its type.
  mutating func value(_ expr: Expr) -> String {
    guard expr.scalar == .bool, expr.lanes == 1, !isStoredBool(expr) else { return text(expr) }
    return "(uint8_t)\(text(expr, .prefix))"
  }

  private func isStoredBool(_ expr: Expr) -> Bool {
    switch expr {
    case .variable, .load, .number: true
    default: false
    }
  }

  private mutating func printed(_ expr: Expr) -> (String, Binding) {
    switch expr {
    case .integer(let value): return (String(value), value < 0 ? .prefix : .primary)
    case .number(let value, let element): return number(value, element)
    case .whole(let value, let element):
      let text = literal(value, element)
      return (text, text.hasPrefix("-") ? .prefix : .primary)
    case .variable(let variable): return (names[variable.id] ?? "v\(variable.id)", .primary)
    case .load(let buffer, let index, let lanes): return load(buffer, index, lanes)
    case .binary(let op, let a, let b): return binary(op, a, b)
    case .unary(let op, let a): return unary(op, a)
    case .compare(let op, let a, let b): return compare(op, a, b)
    case .select(let condition, let a, let b): return select(condition, a, b)
    case .convert(let a, let scalar): return convert(a, scalar)
    case .math(let function, let arguments): return math(function, arguments)
    case .packed(let op, let operands):
      let arguments = operands.map { text($0) }.joined(separator: ", ")
      return ("\(helpers.packed(op))(\(arguments))", .primary)
    case .splat(let a, let lanes): return splat(a, lanes)
    case .pick(let a, let b, let lanes):
      let call = helpers.pick(a.elementType, a.lanes)
      return ("\(call)(\(text(a)), \(text(b)), \(text(lanes)))", .primary)
    case .shuffle(let a, let b, let order):
      return ("\(helpers.shuffle(a.elementType, order))(\(text(a)), \(text(b)))", .primary)
    }
  }

  private mutating func number(_ value: Double, _ element: ElementType) -> (String, Binding) {
    let result: String
    switch element {
    case .float32: result = literal(Float(value))
    case .float64: result = literal(value)
    case .bool: result = value == 0 ? "0" : "1"
    default: result = literal(bits(value, element), element)
    }
    if !value.isFinite && element.isFloat { helpers.needsMath = true }
    let isPlain = !result.hasPrefix("-") && !result.hasPrefix("(")
    return (result, isPlain ? .primary : .prefix)
  }

  /// `buffer + index`, or just the buffer at index 0.
  mutating func address(_ buffer: Buffer, _ index: Expr) -> String {
    let name = buffers[buffer] ?? "buffer\(buffer.id)"
    return index.constantIndex == 0 ? name : "(\(name) + \(text(index, .product)))"
  }

  /// `buffer + index` as an argument of a call.
  mutating func argument(_ buffer: Buffer, _ index: Expr) -> String {
    let name = buffers[buffer] ?? "buffer\(buffer.id)"
    return index.constantIndex == 0 ? name : "\(name) + \(text(index, .product))"
  }

  private mutating func load(_ buffer: Buffer, _ index: Expr, _ lanes: Int) -> (String, Binding) {
    if lanes > 1 {
      let type = helpers.vector(buffer.element, lanes)
      let codes = "*(const \(type) *)\(address(buffer, index))"
      if buffer.element.isNative { return (codes, .prefix) }
      return ("\(helpers.vectorWidening(buffer.element, lanes))(\(codes))", .primary)
    }
    let held = held(buffer, index)
    if !buffer.element.isFloat || buffer.element.isNative { return (held, .primary) }
    return ("\(helpers.widening(buffer.element))(\(held))", .primary)
  }

  /// An element as it is held: the code of a narrow float, the value of others.
  private mutating func held(_ buffer: Buffer, _ index: Expr) -> String {
    let name = buffers[buffer] ?? "buffer\(buffer.id)"
    if buffer.element.bits >= 8 { return "\(name)[\(text(index))]" }
    return "\(helpers.unpacking(buffer.element))(\(name), \(text(index)))"
  }

  /// A value as a buffer holds it.
  mutating func held(_ value: Expr, in element: ElementType) -> String {
    if element.isNative { return self.value(value) }
    if value.lanes > 1 {
      return "\(helpers.vectorNarrowing(element, value.lanes))(\(text(value)))"
    }
    switch value {
    case .load(let source, let index, _) where source.element == element:
      return held(source, index)
    case .convert(let wide, .element(element)): return code(wide, element)
    default: return code(value, element)
    }
  }

  /// The code of a narrow float; a narrow integer's own bits.
  private mutating func code(_ value: Expr, _ element: ElementType) -> String {
    guard element.isFloat else {
      let isSmall = !value.scalar.isFloat && value.elementType.bits <= 16
      return isSmall ? text(value) : text(.convert(value, .element(element)))
    }
    let single = value.scalar == .element(.float64) ? value : value.converted(to: .float32)
    return "\(helpers.narrowing(element, from: single.elementType))(\(text(single)))"
  }

  private mutating func unary(_ op: UnaryOp, _ a: Expr) -> (String, Binding) {
    let scalar = a.scalar
    switch op {
    case .lnot:
      return a.lanes > 1 ? ("~\(text(a, .prefix))", .prefix) : ("!\(text(a, .prefix))", .prefix)
    case .not:
      return scalar == .bool
        ? ("!\(text(a, .prefix))", .prefix) : cast(scalar, "~\(text(a, .prefix))", a.lanes)
    case .neg:
      let operand = text(a, .primary)
      if scalar.isFloat { return ("-\(operand)", .prefix) }
      if a.lanes > 1 { return ("-\(operand)", .prefix) }
      return ("(\(cName(scalar)))(0u - (\(helpers.unsigned(scalar)))\(operand))", .prefix)
    case .abs:
      if a.lanes > 1 { return lanewiseAbs(a) }
      if scalar == .element(.float32) {
        helpers.needsMath = true
        return ("fabsf(\(text(a)))", .primary)
      }
      if scalar == .element(.float64) {
        helpers.needsMath = true
        return ("fabs(\(text(a)))", .primary)
      }
      guard helpers.isSigned(scalar) else { return printed(a) }
      return ("\(helpers.magnitude(scalar))(\(text(a)))", .primary)
    }
  }

  private mutating func lanewiseAbs(_ a: Expr) -> (String, Binding) {
    let negated = Expr.unary(.neg, a)
    let zero = Expr.splat(.constant(0, a.elementType), lanes: a.lanes)
    return select(.compare(.lt, a, zero), negated, a)
  }

  /// A cast of narrow whole numbers, which C computes as `int`, back to their type.
  func cast(_ scalar: Scalar, _ text: String, _ lanes: Int) -> (String, Binding) {
    guard lanes == 1, case .element(let element) = scalar, element.bits < 32 else {
      return (text, .prefix)
    }
    return ("(\(cName(scalar)))\(text)", .prefix)
  }

  private mutating func compare(_ op: CompareOp, _ a: Expr, _ b: Expr) -> (String, Binding) {
    if let known = Expr.compare(op, a, b).knownComparison { return (known ? "1" : "0", .primary) }
    let signs: [CompareOp: String] = [
      .eq: "==", .ne: "!=", .lt: "<", .le: "<=", .gt: ">", .ge: ">=",
    ]
    let binding: Binding = op == .eq || op == .ne ? .equality : .order
    let joined = "\(text(a, .sum)) \(signs[op] ?? "==") \(text(b, .sum))"
    guard a.lanes > 1 || b.lanes > 1 else { return (joined, binding) }
    let mask = helpers.vector(helpers.maskElement(a.elementType), max(a.lanes, b.lanes))
    return ("(\(mask))(\(joined))", .prefix)
  }

  private mutating func select(_ condition: Expr, _ a: Expr, _ b: Expr) -> (String, Binding) {
    let lanes = max(a.lanes, b.lanes)
    if condition.lanes > 1 {
      let call = helpers.vectorSelect(a.elementType, lanes)
      return ("\(call)(\(text(condition)), \(text(a)), \(text(b)))", .primary)
    }
    let joined = "\(text(condition, .or)) ? \(text(a, .or)) : \(text(b, .or))"
    if lanes == 1, case .element(let element) = a.scalar, element.bits < 32, element != .bool {
      return cast(a.scalar, "(\(joined))", 1)
    }
    return (joined, .choice)
  }

  private mutating func convert(_ a: Expr, _ scalar: Scalar) -> (String, Binding) {
    if a.scalar == scalar { return printed(a) }
    if a.lanes > 1 { return convertVector(a, scalar) }
    if case .element(let element) = scalar, !element.isNative { return rounded(a, element) }
    if scalar == .bool {
      let zero = a.scalar.isFloat ? (a.scalar == .element(.float32) ? "0.0f" : "0.0") : "0"
      return ("\(text(a, .sum)) != \(zero)", .equality)
    }
    if case .element(let from) = a.scalar, from.isFloat, !scalar.isFloat {
      return ("\(helpers.truncation(from, scalar))(\(text(a)))", .primary)
    }
    return ("(\(cName(scalar)))\(text(a, .prefix))", .prefix)
  }

  /// What a type that C does not have would hold.
  private mutating func rounded(_ a: Expr, _ element: ElementType) -> (String, Binding) {
    if element.isFloat {
      let single = a.scalar == .element(.float64) ? a : a.converted(to: .float32)
      let call = helpers.rounding(element, from: single.elementType)
      return ("\(call)(\(text(single)))", .primary)
    }
    let whole = a.scalar.isFloat ? a.converted(to: .int32) : a
    return ("\(helpers.wrapping(element))((uint32_t)\(text(whole, .prefix)))", .primary)
  }

  private mutating func convertVector(_ a: Expr, _ scalar: Scalar) -> (String, Binding) {
    guard case .element(let to) = scalar else { return (text(a), .lowest) }
    let from = a.elementType
    if !to.isNative {
      let call = helpers.lanewise(
        "\(to.shortName)_of", helpers.rounding(to, from: from), from: from, to: to.arithmetic,
        lanes: a.lanes, arguments: 1)
      return ("\(call)(\(text(a)))", .primary)
    }
    if from == .uint8, to == .int32 {
      return ("\(helpers.widenBytes(a.lanes))(\(text(a)))", .primary)
    }
    let type = helpers.vector(to, a.lanes)
    if from.isFloat && !to.isFloat {
      let scalarCall = helpers.truncation(from, scalar)
      let call = helpers.lanewise(
        "\(to.shortName)_from", scalarCall, from: from, to: to, lanes: a.lanes, arguments: 1)
      return ("\(call)(\(text(a)))", .primary)
    }
    return ("__builtin_convertvector(\(text(a)), \(type))", .primary)
  }

  private mutating func math(_ function: MathFunction, _ arguments: [Expr]) -> (String, Binding) {
    let texts = arguments.map { text($0) }.joined(separator: ", ")
    guard let first = arguments.first else { return ("0", .primary) }
    if first.elementType == .float32,
      let own = helpers.ownFunction(function, lanes: first.lanes)
    {
      return ("\(own)(\(texts))", .primary)
    }
    helpers.needsMath = true
    if function == .isnan || function == .isinf {
      return ("(\(function.rawValue)(\(texts)) != 0)", .primary)
    }
    let name = function.rawValue + (first.elementType == .float64 ? "" : "f")
    if first.lanes > 1 {
      let element = first.elementType
      let call = helpers.lanewise(
        function.rawValue, name, from: element, to: element, lanes: first.lanes,
        arguments: arguments.count)
      return ("\(call)(\(texts))", .primary)
    }
    return ("\(name)(\(texts))", .primary)
  }

  private mutating func splat(_ a: Expr, _ lanes: Int) -> (String, Binding) {
    let type = helpers.vector(a.elementType, lanes)
    if case .number(0, _) = a { return ("(\(type)){0}", .primary) }
    return ("\(text(a, .sum)) - (\(type)){0}", .sum)
  }
}

extension Expr {
  /// The element type; indices count as int64.
  var elementType: ElementType {
    if case .element(let element) = scalar { element } else { .int64 }
  }

  /// Whether writing the expression twice costs nothing.
  var isSimple: Bool {
    switch self {
    case .integer, .number, .whole, .variable: true
    default: false
    }
  }
}
