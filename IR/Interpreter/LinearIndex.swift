/// A sum of variables with factors, which most indices are: one closure in place of a tree.
struct LinearIndex {
  var constant: Int64 = 0
  var terms: [(slot: UnsafeMutablePointer<Int64>, factor: Int64)] = []

  var code: IntegerCode {
    let constant = constant
    switch terms.count {
    case 0: return { constant }
    case 1:
      let (a, x) = terms[0]
      if x == 1 { return constant == 0 ? { a.pointee } : { a.pointee &+ constant } }
      return { a.pointee &* x &+ constant }
    case 2:
      let ((a, x), (b, y)) = (terms[0], terms[1])
      return { a.pointee &* x &+ b.pointee &* y &+ constant }
    case 3:
      let ((a, x), (b, y), (c, z)) = (terms[0], terms[1], terms[2])
      return { a.pointee &* x &+ b.pointee &* y &+ c.pointee &* z &+ constant }
    default:
      let terms = terms
      return {
        var sum = constant
        for (slot, factor) in terms { sum &+= slot.pointee &* factor }
        return sum
      }
    }
  }

  mutating func add(_ other: LinearIndex, times factor: Int64) {
    constant &+= other.constant &* factor
    for term in other.terms {
      if let index = terms.firstIndex(where: { $0.slot == term.slot }) {
        terms[index].factor &+= term.factor &* factor
      } else {
        terms.append((term.slot, term.factor &* factor))
      }
    }
  }
}

extension KernelCode {
  /// An index as a sum of variables with factors, or `nil` when it is something else.
  func linear(_ expr: Expr, _ lane: Int) throws(DiagnosticMessage) -> LinearIndex? {
    guard expr.scalar == .index else { return nil }
    switch expr {
    case .integer(let value): return LinearIndex(constant: Int64(value))
    case .variable(let variable):
      return LinearIndex(terms: [(try integerSlot(variable, lane), 1)])
    case .binary(let op, let a, let b):
      guard op == .add || op == .sub || op == .mul, a.lanes == 1, b.lanes == 1,
        var x = try linear(a, 0), let y = try linear(b, 0)
      else { return nil }
      if op != .mul {
        x.add(y, times: op == .add ? 1 : -1)
        return x
      }
      guard x.terms.isEmpty || y.terms.isEmpty else { return nil }
      let (sum, factor) = x.terms.isEmpty ? (y, x.constant) : (x, y.constant)
      var product = LinearIndex()
      product.add(sum, times: factor)
      return product
    default: return nil
    }
  }
}
