extension KernelCode {
  func integerBinary(
    _ op: BinaryOp, _ a: @escaping IntegerCode, _ b: @escaping IntegerCode, _ scalar: Scalar
  ) throws(DiagnosticMessage) -> IntegerCode {
    switch scalar {
    case .element(.int32): return arithmetic(op, a, b, as: Int32.self)
    case _ where op == .mulhr: throw .fault("no rounded high half in \(scalar)")
    case .index, .element(.int64): return arithmetic(op, a, b, as: Int64.self)
    case .element(.int16): return arithmetic(op, a, b, as: Int16.self)
    case .element(.int8): return arithmetic(op, a, b, as: Int8.self)
    case .element(.uint64): return arithmetic(op, a, b, as: UInt64.self)
    case .element(.uint32): return arithmetic(op, a, b, as: UInt32.self)
    case .element(.uint16): return arithmetic(op, a, b, as: UInt16.self)
    case .element(.uint8): return arithmetic(op, a, b, as: UInt8.self)
    case .element(.bool): return try logic(op, a, b)
    case .element(let element): throw .fault("no arithmetic on \(element)")
    }
  }

  private func arithmetic<T: FixedWidthInteger>(
    _ op: BinaryOp, _ a: @escaping IntegerCode, _ b: @escaping IntegerCode, as type: T.Type
  ) -> IntegerCode {
    switch op {
    case .add: return { extended(T(truncatingIfNeeded: a() &+ b())) }
    case .sub: return { extended(T(truncatingIfNeeded: a() &- b())) }
    case .mul: return { extended(T(truncatingIfNeeded: a() &* b())) }
    case .div:
      return {
        let (x, y) = (T(truncatingIfNeeded: a()), T(truncatingIfNeeded: b()))
        return y == 0 ? 0 : extended(x.dividedReportingOverflow(by: y).partialValue)
      }
    case .rem:
      return {
        let (x, y) = (T(truncatingIfNeeded: a()), T(truncatingIfNeeded: b()))
        return y == 0 ? 0 : extended(x.remainderReportingOverflow(dividingBy: y).partialValue)
      }
    case .min: return { extended(min(T(truncatingIfNeeded: a()), T(truncatingIfNeeded: b()))) }
    case .max: return { extended(max(T(truncatingIfNeeded: a()), T(truncatingIfNeeded: b()))) }
    case .and: return { a() & b() }
    case .or: return { a() | b() }
    case .xor: return { a() ^ b() }
    case .shl: return { extended(T(truncatingIfNeeded: a()) << b()) }
    case .shr: return { extended(T(truncatingIfNeeded: a()) >> b()) }
    case .mulhr: return { extended(T(truncatingIfNeeded: (a() &* b() &+ 0x8000_0000) >> 32)) }
    }
  }

  private func logic(
    _ op: BinaryOp, _ a: @escaping IntegerCode, _ b: @escaping IntegerCode
  ) throws(DiagnosticMessage) -> IntegerCode {
    switch op {
    case .and, .mul, .min: { a() != 0 && b() != 0 ? 1 : 0 }
    case .or, .max: { a() != 0 || b() != 0 ? 1 : 0 }
    case .xor: { a() == b() ? 0 : 1 }
    default: throw .fault("\(op) does not exist for bool")
    }
  }

  func integerUnary(
    _ op: UnaryOp, _ a: @escaping IntegerCode, _ scalar: Scalar
  ) throws(DiagnosticMessage) -> IntegerCode {
    switch scalar {
    case .index, .element(.int64): return unary(op, a, as: Int64.self)
    case .element(.int32): return unary(op, a, as: Int32.self)
    case .element(.int16): return unary(op, a, as: Int16.self)
    case .element(.int8): return unary(op, a, as: Int8.self)
    case .element(.uint64): return unary(op, a, as: UInt64.self)
    case .element(.uint32): return unary(op, a, as: UInt32.self)
    case .element(.uint16): return unary(op, a, as: UInt16.self)
    case .element(.uint8): return unary(op, a, as: UInt8.self)
    case .element(.bool):
      guard op == .not || op == .lnot else { throw .fault("\(op) does not exist for bool") }
      return { a() == 0 ? 1 : 0 }
    case .element(let element): throw .fault("no arithmetic on \(element)")
    }
  }

  private func unary<T: FixedWidthInteger>(
    _ op: UnaryOp, _ a: @escaping IntegerCode, as type: T.Type
  ) -> IntegerCode {
    switch op {
    case .neg: { extended(T(truncatingIfNeeded: 0 &- a())) }
    case .abs:
      {
        let x = T(truncatingIfNeeded: a())
        return extended(x < 0 ? 0 &- x : x)
      }
    case .not: { extended(~T(truncatingIfNeeded: a())) }
    case .lnot: { a() == 0 ? 1 : 0 }
    }
  }
}

/// A whole number in the form that variables hold: sign- or zero-extended.
@inline(__always)
private func extended<T: FixedWidthInteger>(_ value: T) -> Int64 {
  Int64(truncatingIfNeeded: value)
}
