extension KernelCode {
  /// One lane of a float32 or float64; float32 is rounded after each operation.
  func real(_ expr: Expr, _ lane: Int) throws(DiagnosticMessage) -> RealCode {
    let isSingle = expr.scalar == .element(.float32)
    switch expr {
    case .number(let value, _):
      let number = isSingle ? Double(Float(value)) : value
      return { number }
    case .variable(let variable):
      let slot = try realSlot(variable, lane)
      return { slot.pointee }
    case .load(let buffer, let index, _):
      guard expr.scalar.isReal else { break }
      return try loadReal(buffer, try integer(index + lane, 0))
    case .binary(let op, let a, let b):
      return try realBinary(op, try part(a, lane, expr), try part(b, lane, expr), isSingle)
    case .unary(let op, let a): return try realUnary(op, try part(a, lane, expr))
    case .select(let condition, let a, let b):
      let test = try integer(condition, try self.lane(lane, of: condition, in: expr.lanes))
      let (yes, no) = (try part(a, lane, expr), try part(b, lane, expr))
      return { test() != 0 ? yes() : no() }
    case .convert(let a, let scalar):
      if case .element(let element) = scalar, let format = NarrowFloat(element) {
        return try rounded(a, lane, format)
      }
      return try toReal(a, lane, isSingle)
    case .math(let function, let arguments):
      var codes: [RealCode] = []
      for argument in arguments { codes.append(try part(argument, lane, expr)) }
      return try mathCode(function, codes, isSingle)
    case .splat(let a, _): return try real(a, 0)
    case .shuffle(let a, let b, let order):
      let (source, place) = try shuffled(a, b, order, lane)
      return try real(source, place)
    case .pick(let a, let b, let lanes): return try picked(a, b, lanes, lane)
    case .packed(.single, let operands):
      let bits = try integer(operands[0], 0)
      return { Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits()))) }
    case .packed(.double, let operands):
      let bits = try integer(operands[0], 0)
      return { Double(bitPattern: UInt64(bitPattern: bits())) }
    case .integer, .whole, .compare, .packed: break
    }
    throw .fault("a \(expr.scalar) stands where a real number is needed")
  }

  /// A lane that is told by a number, modulo the lanes of both vectors.
  private func picked(
    _ a: Expr, _ b: Expr, _ lanes: Expr, _ lane: Int
  ) throws(DiagnosticMessage) -> RealCode {
    guard a.scalar == b.scalar, a.lanes == b.lanes, lanes.lanes == a.lanes else {
      throw .fault("a pick takes vectors of different lanes")
    }
    var codes: [RealCode] = []
    for source in [a, b] {
      for lane in 0..<source.lanes { codes.append(try real(source, lane)) }
    }
    let (all, number) = (codes, try integer(lanes, lane))
    return { all[Int(number()) & (all.count - 1)]() }
  }

  /// The vector and its lane that a lane of a shuffle is.
  func shuffled(
    _ a: Expr, _ b: Expr, _ order: [Int], _ lane: Int
  ) throws(DiagnosticMessage) -> (source: Expr, lane: Int) {
    guard order.indices ~= lane, a.scalar == b.scalar, a.lanes == b.lanes,
      0..<(a.lanes + b.lanes) ~= order[lane]
    else { throw .fault("a shuffle takes lanes that are not there") }
    return order[lane] < a.lanes ? (a, order[lane]) : (b, order[lane] - a.lanes)
  }

  private func part(_ a: Expr, _ lane: Int, _ whole: Expr) throws(DiagnosticMessage) -> RealCode {
    guard a.scalar == whole.scalar else {
      throw .fault("an operation mixes \(a.scalar) and \(whole.scalar)")
    }
    return try real(a, try self.lane(lane, of: a, in: whole.lanes))
  }

  func realBinary(
    _ op: BinaryOp, _ a: @escaping RealCode, _ b: @escaping RealCode, _ isSingle: Bool
  ) throws(DiagnosticMessage) -> RealCode {
    switch (op, isSingle) {
    case (.add, true): { Double(Float(a()) + Float(b())) }
    case (.sub, true): { Double(Float(a()) - Float(b())) }
    case (.mul, true): { Double(Float(a()) * Float(b())) }
    case (.div, true): { Double(Float(a()) / Float(b())) }
    case (.add, false): { a() + b() }
    case (.sub, false): { a() - b() }
    case (.mul, false): { a() * b() }
    case (.div, false): { a() / b() }
    case (.rem, _): { a().truncatingRemainder(dividingBy: b()) }
    case (.min, _): { Double.minimum(a(), b()) }
    case (.max, _): { Double.maximum(a(), b()) }
    default: throw .fault("\(op) does not exist for real numbers")
    }
  }

  private func realUnary(_ op: UnaryOp, _ a: @escaping RealCode) throws(DiagnosticMessage)
    -> RealCode
  {
    switch op {
    case .neg: { -a() }
    case .abs: { a().magnitude }
    case .not, .lnot: throw .fault("\(op) does not exist for real numbers")
    }
  }

  /// A conversion to float32 or float64.
  private func toReal(_ a: Expr, _ lane: Int, _ isSingle: Bool) throws(DiagnosticMessage)
    -> RealCode
  {
    if a.scalar.isReal {
      let value = try real(a, lane)
      return isSingle ? { Double(Float(value())) } : value
    }
    let value = try integer(a, lane)
    switch (a.scalar, isSingle) {
    case (.element(.uint64), true): return { Double(Float(UInt64(bitPattern: value()))) }
    case (.element(.uint64), false): return { Double(UInt64(bitPattern: value())) }
    case (_, true): return { Double(Float(value())) }
    case (_, false): return { Double(value()) }
    }
  }

  /// What a narrow format would hold.
  private func rounded(_ a: Expr, _ lane: Int, _ format: NarrowFloat) throws(DiagnosticMessage)
    -> RealCode
  {
    let value = try toReal(a, lane, a.scalar != .element(.float64))
    return { Double(format.decoded(format.encoded(value()))) }
  }
}
