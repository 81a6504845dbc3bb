extension KernelCode {
  /// One lane of an index, a whole number or a bool.
  func integer(_ expr: Expr, _ lane: Int) throws(DiagnosticMessage) -> IntegerCode {
    if expr.scalar == .index, let sum = try linear(expr, lane) { return sum.code }
    switch expr {
    case .integer(let value):
      let number = Int64(value)
      return { number }
    case .number(let value, let element):
      let number = Bytes.number(value, element).integer(at: 0, element)
      return { Int64(number) }
    case .whole(let value, _): return { value }
    case .variable(let variable):
      let slot = try integerSlot(variable, lane)
      return { slot.pointee }
    case .load(let buffer, let index, _):
      return try loadInteger(buffer, try integer(index + lane, 0))
    case .binary(let op, let a, let b):
      let (x, y) = (try part(a, lane, expr), try part(b, lane, expr))
      return try integerBinary(op, x, y, expr.scalar)
    case .unary(let op, let a): return try integerUnary(op, try part(a, lane, expr), expr.scalar)
    case .compare(let op, let a, let b): return try compare(op, a, b, lane, expr.lanes)
    case .select(let condition, let a, let b):
      let test = try integer(condition, try self.lane(lane, of: condition, in: expr.lanes))
      let (yes, no) = (try part(a, lane, expr), try part(b, lane, expr))
      return { test() != 0 ? yes() : no() }
    case .convert(let a, let scalar): return try toInteger(a, lane, scalar)
    case .math(let function, let arguments): return try test(function, arguments, lane)
    case .packed(let op, let operands): return try packed(op, operands)
    case .splat(let a, _): return try integer(a, 0)
    case .pick: break
    case .shuffle(let a, let b, let order):
      let (source, place) = try shuffled(a, b, order, lane)
      return try integer(source, place)
    }
    throw .fault("a \(expr.scalar) stands where a whole number is needed")
  }

  private func bits(_ op: PackedOp, _ operand: Expr) throws(DiagnosticMessage) -> IntegerCode {
    let value = try real(operand, 0)
    switch op {
    case .singleBits: return { Int64(Int32(bitPattern: Float(value()).bitPattern)) }
    case .doubleBits: return { Int64(bitPattern: value().bitPattern) }
    default: throw .fault("'\(op.rawValue)' gives a real number")
    }
  }

  private func packed(_ op: PackedOp, _ operands: [Expr]) throws(DiagnosticMessage) -> IntegerCode {
    guard operands.map(\.scalar) == op.operands.map({ .element($0) }),
      operands.allSatisfy({ $0.lanes == 1 })
    else { throw .fault("'\(op.rawValue)' takes other operands") }
    if op.isReinterpretation { return try bits(op, operands[0]) }
    let a = try integer(operands[0], 0)
    let b = operands.count > 1 ? try integer(operands[1], 0) : a
    let c = operands.count > 2 ? try integer(operands[2], 0) : a
    switch op {
    case .dot2:
      return {
        let (x, y) = (a(), b())
        let low = Int64(Int16(truncatingIfNeeded: x)) * Int64(Int16(truncatingIfNeeded: y))
        let high =
          Int64(Int16(truncatingIfNeeded: x >> 16)) * Int64(Int16(truncatingIfNeeded: y >> 16))
        return Int64(Int32(truncatingIfNeeded: c() &+ low &+ high))
      }
    case .widenEven: return { halves(a(), Int8.self) }
    case .widenOdd: return { halves(a() >> 8, Int8.self) }
    case .extendEven: return { halves(a(), UInt8.self) }
    case .extendOdd: return { halves(a() >> 8, UInt8.self) }
    case .pack2:
      return {
        let (low, high) = (a() & 0xffff, b() & 0xffff)
        return low | high << 16
      }
    case .requantize:
      return {
        let (x, y) = (a(), b())
        let sum = c() << 32 &+ x &* y &+ 1 << 31
        return Int64(Int32(truncatingIfNeeded: sum >> 32))
      }
    case .singleBits, .single, .doubleBits, .double: return try bits(op, operands[0])
    }
  }

  private func part(_ a: Expr, _ lane: Int, _ whole: Expr) throws(DiagnosticMessage) -> IntegerCode
  {
    guard a.scalar == whole.scalar else {
      throw .fault("an operation mixes \(a.scalar) and \(whole.scalar)")
    }
    return try integer(a, try self.lane(lane, of: a, in: whole.lanes))
  }

  private func compare(
    _ op: CompareOp, _ a: Expr, _ b: Expr, _ lane: Int, _ lanes: Int
  ) throws(DiagnosticMessage) -> IntegerCode {
    guard a.scalar == b.scalar else {
      throw .fault("a comparison mixes \(a.scalar) and \(b.scalar)")
    }
    let (i, j) = (try self.lane(lane, of: a, in: lanes), try self.lane(lane, of: b, in: lanes))
    if a.scalar.isReal { return comparison(op, try real(a, i), try real(b, j)) }
    let (x, y) = (try integer(a, i), try integer(b, j))
    if a.scalar == .element(.uint64) {
      return comparison(op, { UInt64(bitPattern: x()) }, { UInt64(bitPattern: y()) })
    }
    return comparison(op, x, y)
  }

  private func comparison<T: Comparable>(
    _ op: CompareOp, _ x: @escaping () -> T, _ y: @escaping () -> T
  ) -> IntegerCode {
    switch op {
    case .eq: { x() == y() ? 1 : 0 }
    case .ne: { x() != y() ? 1 : 0 }
    case .lt: { x() < y() ? 1 : 0 }
    case .le: { x() <= y() ? 1 : 0 }
    case .gt: { x() > y() ? 1 : 0 }
    case .ge: { x() >= y() ? 1 : 0 }
    }
  }

  private func test(
    _ function: MathFunction, _ arguments: [Expr], _ lane: Int
  ) throws(DiagnosticMessage) -> IntegerCode {
    guard arguments.count == 1 else { throw .fault("\(function) takes one argument") }
    let value = try real(arguments[0], lane)
    switch function {
    case .isnan: return { value().isNaN ? 1 : 0 }
    case .isinf: return { value().isInfinite ? 1 : 0 }
    default: throw .fault("\(function) gives no bool")
    }
  }

  /// A conversion to an index, a whole number or a bool.
  private func toInteger(
    _ a: Expr, _ lane: Int, _ scalar: Scalar
  ) throws(DiagnosticMessage) -> IntegerCode {
    if case .element(let element) = scalar, !element.isNative {
      return wrapped(try toInteger(a, lane, .element(.int32)), element)
    }
    if a.scalar.isReal {
      let value = try real(a, lane)
      switch scalar {
      case .index, .element(.int64): return { saturated(value(), as: Int64.self) }
      case .element(.bool): return { value() != 0 ? 1 : 0 }
      case .element(.int8): return { saturated(value(), as: Int8.self) }
      case .element(.int16): return { saturated(value(), as: Int16.self) }
      case .element(.int32): return { saturated(value(), as: Int32.self) }
      case .element(.uint8): return { saturated(value(), as: UInt8.self) }
      case .element(.uint16): return { saturated(value(), as: UInt16.self) }
      case .element(.uint32): return { saturated(value(), as: UInt32.self) }
      case .element(.uint64): return { saturated(value(), as: UInt64.self) }
      case .element(let element): throw .fault("no conversion from real numbers to \(element)")
      }
    }
    let value = try integer(a, lane)
    switch scalar {
    case .index, .element(.int64), .element(.uint64): return value
    case .element(.bool): return { value() != 0 ? 1 : 0 }
    case .element(.int8): return { Int64(Int8(truncatingIfNeeded: value())) }
    case .element(.int16): return { Int64(Int16(truncatingIfNeeded: value())) }
    case .element(.int32): return { Int64(Int32(truncatingIfNeeded: value())) }
    case .element(.uint8): return { Int64(UInt8(truncatingIfNeeded: value())) }
    case .element(.uint16): return { Int64(UInt16(truncatingIfNeeded: value())) }
    case .element(.uint32): return { Int64(UInt32(truncatingIfNeeded: value())) }
    case .element(let element):
      if a.scalar == scalar { return value }
      throw .fault("no conversion from \(a.scalar) to \(element)")
    }
  }
}

/// Bytes 0 and 2 as halves of a word.
private func halves<T: FixedWidthInteger>(_ word: Int64, _ type: T.Type) -> Int64 {
  let low = UInt16(truncatingIfNeeded: T(truncatingIfNeeded: word))
  let high = UInt16(truncatingIfNeeded: T(truncatingIfNeeded: word >> 16))
  return Int64(low) | Int64(high) << 16
}

/// The lowest bits, as a type narrower than a byte holds them.
private func wrapped(_ value: @escaping IntegerCode, _ element: ElementType) -> IntegerCode {
  let unused = Int64(64 - element.bits)
  if element.isSigned { return { (value() << unused) >> unused } }
  return { value() & ((1 << (64 - unused)) - 1) }
}

/// Truncates towards zero; NaN gives 0, what does not fit the nearest value.
private func saturated<T: FixedWidthInteger>(_ value: Double, as type: T.Type) -> Int64 {
  if value.isNaN { return 0 }
  if value >= Double(T.max) { return Int64(truncatingIfNeeded: T.max) }
  if value <= Double(T.min) { return Int64(truncatingIfNeeded: T.min) }
  return Int64(truncatingIfNeeded: T(value))
}
