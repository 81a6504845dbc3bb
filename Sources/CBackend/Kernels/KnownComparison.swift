import CoppiceIR

extension Expr {
  /// Whether the expression compares with the end of a whole type's range so that the answer is
  /// always the same, which compilers warn about.
  var knownComparison: Bool? {
    guard case .compare(let op, let a, let b) = self, case .element(let element) = a.scalar,
      element.isInteger, element.bits >= 8
    else { return nil }
    let bottom = -Double(sign: .plus, exponent: element.bits - 1, significand: 1)
    let low = element.isSigned ? bits(bottom, element) : 0
    let high = element.isSigned ? ~low : element.bits == 64 ? -1 : (1 << Int64(element.bits)) - 1
    if let limit = b.wholeValue {
      if limit == low { return op == .ge ? true : op == .lt ? false : nil }
      if limit == high { return op == .le ? true : op == .gt ? false : nil }
    }
    if let limit = a.wholeValue {
      if limit == low { return op == .le ? true : op == .gt ? false : nil }
      if limit == high { return op == .ge ? true : op == .lt ? false : nil }
    }
    return nil
  }

  private var wholeValue: Int64? {
    switch self {
    case .number(let value, let element): bits(value, element)
    case .whole(let value, _): value
    default: nil
    }
  }
}
