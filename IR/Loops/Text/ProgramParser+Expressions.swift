extension ProgramParser {
  /// An expression of a type; of as many lanes, if they are given.
  mutating func expression(_ scalar: Scalar, lanes: Int? = nil) throws(Diagnostic) -> Expr {
    let place = start
    let value = try expression()
    guard value.scalar == scalar, lanes == nil || lanes == value.lanes else {
      throw lexer.fault(
        "text-type", "this is \(value.scalar.textName) x \(value.lanes), not \(scalar.textName)",
        at: place)
    }
    return value
  }

  /// `@buffer[index]`.
  mutating func element() throws(Diagnostic) -> (Buffer, Expr) {
    let buffer = try self.buffer()
    try expect("[")
    let index = try expression(.index, lanes: 1)
    try expect("]")
    return (buffer, index)
  }

  private mutating func expression() throws(Diagnostic) -> Expr {
    try nested { (parser) throws(Diagnostic) in
      switch parser.token {
      case .value: return .variable(try parser.use())
      case .punctuation("("): return try parser.infix()
      case .word(let word): return try parser.worded(word)
      default: throw parser.unexpected("an expression")
      }
    }
  }

  /// `(a + b)`.
  private mutating func infix() throws(Diagnostic) -> Expr {
    let marks: [TextToken: BinaryOp] = [
      .word("+"): .add, .word("-"): .sub, .punctuation("*"): .mul, .punctuation("/"): .div,
    ]
    try expect("(")
    let left = try expression()
    guard let op = marks[token] else { throw unexpected("+, -, * or /") }
    let place = start
    try advance()
    let right = try expression()
    try expect(")")
    return .binary(op, left, try same(left, right, at: place))
  }

  /// What begins with a word: a number, a load or a call.
  private mutating func worded(_ word: String) throws(Diagnostic) -> Expr {
    if word == "whole" {
      try advance()
      let value = try integer()
      return .whole(Int64(value), try elementType())
    }
    if word == "load" {
      try advance()
      let lanes = try self.lanes()
      let place = start
      let (buffer, index) = try element()
      guard buffer.element.isComputable else {
        throw lexer.fault("text-type", "\(buffer.element.rawValue) cannot be loaded", at: place)
      }
      return .load(buffer, index, lanes: lanes)
    }
    let place = start
    try advance()
    if token == .punctuation("(") { return try call(word, at: place) }
    if token == .punctuation(":"), let value = Double(word) {
      return .number(value, try elementType())
    }
    guard let value = Int(word) else {
      throw lexer.fault("text-syntax", "expected an expression, found '\(word)'", at: place)
    }
    return .integer(value)
  }

  /// `:f32`.
  private mutating func elementType() throws(Diagnostic) -> ElementType {
    try expect(":")
    let place = start
    guard let element = ElementType(named: try word("an element type")), element.isNative else {
      throw lexer.fault("text-type", "no type that a number can have", at: place)
    }
    return element
  }

  private mutating func call(_ name: String, at place: Int) throws(Diagnostic) -> Expr {
    var arguments: [Expr] = []
    try expect("(")
    repeat { arguments.append(try expression()) } while try accept(",")
    try expect(")")
    if let scalar = try scalarCall(name, arguments, at: place) { return scalar }
    return try vectorCall(name, arguments, at: place)
  }

  private func take(
    _ count: Int, _ name: String, _ arguments: [Expr], at place: Int
  ) throws(Diagnostic) {
    guard arguments.count == count else {
      throw lexer.fault("text-syntax", "'\(name)' takes \(count) operands", at: place)
    }
  }

  /// What works on scalars and lane by lane; `nil` if the name is of nothing of that kind.
  private func scalarCall(
    _ name: String, _ arguments: [Expr], at place: Int
  ) throws(Diagnostic) -> Expr? {
    if let op = BinaryOp(rawValue: name) {
      try take(2, name, arguments, at: place)
      return .binary(op, arguments[0], try same(arguments[0], arguments[1], at: place))
    }
    if let op = CompareOp(rawValue: name) {
      try take(2, name, arguments, at: place)
      return .compare(op, arguments[0], try same(arguments[0], arguments[1], at: place))
    }
    if let op = UnaryOp(rawValue: name) {
      try take(1, name, arguments, at: place)
      return .unary(op, arguments[0])
    }
    if let function = MathFunction(rawValue: name) {
      try take([.pow, .fmod].contains(function) ? 2 : 1, name, arguments, at: place)
      guard arguments.allSatisfy({ $0.scalar.isFloat }) else {
        throw lexer.fault("text-type", "'\(name)' takes floats", at: place)
      }
      _ = try same(arguments[0], arguments[arguments.count - 1], at: place)
      return .math(function, arguments)
    }
    if let op = PackedOp(rawValue: name) {
      try take(op.operands.count, name, arguments, at: place)
      for (argument, element) in zip(arguments, op.operands)
      where argument.scalar != .element(element) || argument.lanes != 1 {
        throw lexer.fault("text-type", "'\(name)' takes \(element.shortName) here", at: place)
      }
      return .packed(op, arguments)
    }
    if name == "select" {
      try take(3, name, arguments, at: place)
      guard arguments[0].scalar == .bool else {
        throw lexer.fault("text-type", "'select' takes a bool first", at: place)
      }
      return .select(arguments[0], arguments[1], try same(arguments[1], arguments[2], at: place))
    }
    return nil
  }

  /// What makes or joins vectors, and conversions.
  private mutating func vectorCall(
    _ name: String, _ arguments: [Expr], at place: Int
  ) throws(Diagnostic) -> Expr {
    if name == "pick" {
      try take(3, name, arguments, at: place)
      let (a, b, lanes) = (arguments[0], arguments[1], arguments[2])
      guard a.scalar.isFloat, a.lanes > 1, a.lanes == b.lanes, a.lanes == lanes.lanes,
        lanes.scalar == .element(.int32)
      else {
        throw lexer.fault("text-type", "'pick' takes two vectors and as many numbers", at: place)
      }
      return .pick(a, try same(a, b, at: place), lanes)
    }
    if name == "shuffle" {
      try take(2, name, arguments, at: place)
      return try shuffle(arguments[0], try same(arguments[0], arguments[1], at: place), at: place)
    }
    try take(1, name, arguments, at: place)
    if name == "splat" {
      guard arguments[0].lanes == 1 else {
        throw lexer.fault("text-type", "'splat' takes one number", at: place)
      }
      return .splat(arguments[0], lanes: try lanes())
    }
    guard let scalar = Scalar(textName: name) else {
      throw lexer.fault("text-syntax", "there is no '\(name)'", at: place)
    }
    return .convert(arguments[0], scalar)
  }

  /// The order of lanes, such as `[1, 2, 3, 4]`.
  private mutating func shuffle(
    _ a: Expr, _ b: Expr, at place: Int
  ) throws(Diagnostic) -> Expr {
    var order: [Int] = []
    try expect("[")
    repeat {
      let lane = Int(try word("the number of a lane")) ?? -1
      guard 0..<(a.lanes + b.lanes) ~= lane else {
        throw lexer.fault("text-type", "'shuffle' takes lanes that are there", at: place)
      }
      order.append(lane)
    } while try accept(",")
    try expect("]")
    guard a.scalar.isFloat, a.lanes == b.lanes, order.count == a.lanes, a.lanes > 1 else {
      throw lexer.fault("text-type", "'shuffle' takes two vectors and as many lanes", at: place)
    }
    return .shuffle(a, b, order)
  }

  /// The second operand, if it has the type of the first; one number goes with every vector.
  private func same(_ a: Expr, _ b: Expr, at place: Int) throws(Diagnostic) -> Expr {
    guard a.scalar == b.scalar, a.lanes == b.lanes || min(a.lanes, b.lanes) == 1 else {
      throw lexer.fault(
        "text-type",
        "\(a.scalar.textName) x \(a.lanes) and \(b.scalar.textName) x \(b.lanes) do not go together",
        at: place)
    }
    return b
  }
}
