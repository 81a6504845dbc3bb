extension KernelCode {
  /// Puts a statement at the end of the tape, if it is one that a tape can hold.
  func record(_ statement: Statement) throws(DiagnosticMessage) -> Bool {
    switch statement {
    case .define(let variable, let value), .declare(let variable, let value):
      if variable.scalar == .index, variable.lanes == 1 {
        guard let place = try place(value) else { return false }
        declare(variable)
        tape.operations.append(.index(try integerSlot(variable, 0), place))
        return true
      }
      guard let single = single(.variable(variable)), single.scalar == value.scalar,
        try move(
          value,
          to: { () throws(DiagnosticMessage) in
            declare(variable)
            return try realSlot(variable, 0)
          })
      else { return false }
      return true
    case .assign(let variable, let value): return try accumulate(variable, value)
    case .store(let buffer, let index, .variable(let variable)):
      guard single(.variable(variable)) != nil, buffer.element == .float32,
        let place = try place(index)
      else { return false }
      let region = tape.region(try writable(buffer))
      tape.operations.append(.store(try realSlot(variable, 0), region, place))
      return true
    default: return false
    }
  }

  /// One action that does what is on the tape, which is empty then.
  func takeTape() -> ActionCode? {
    if tape.isEmpty { return nil }
    defer { tape.clear() }
    return tape.action(memories)
  }

  private func accumulate(
    _ variable: Variable, _ value: Expr
  ) throws(DiagnosticMessage) -> Bool {
    guard case .binary(.add, .variable(variable), .binary(.mul, let a, let b)) = value,
      single(.variable(variable)) != nil, single(a) != nil, single(b) != nil
    else { return false }
    let (sum, count) = (try realSlot(variable, 0), tape.operations.count)
    guard let x = try factor(a), let y = try factor(b) else {
      tape.operations.removeLast(tape.operations.count - count)
      return false
    }
    tape.operations.append(.accumulate(sum, x, y))
    return true
  }

  /// The slot of a factor, loaded before if it has none.
  private func factor(
    _ value: Expr
  ) throws(DiagnosticMessage) -> UnsafeMutablePointer<Double>? {
    if case .variable(let variable) = value { return try realSlot(variable, 0) }
    let slot = newReal()
    return try move(value, to: { slot }) ? slot : nil
  }

  /// Puts a load, a number or another variable into a slot that is asked for last.
  private func move(
    _ value: Expr,
    to target: () throws(DiagnosticMessage) -> UnsafeMutablePointer<Double>
  ) throws(DiagnosticMessage) -> Bool {
    switch value {
    case .load(let buffer, let index, lanes: 1):
      guard buffer.element == .float32, let place = try place(index) else { return false }
      let region = tape.region(try memories.memory(of: buffer))
      tape.operations.append(.load(try target(), region, place))
    case .variable(let variable):
      let source = try realSlot(variable, 0)
      tape.operations.append(.copy(try target(), source))
    case .number(let number, _):
      let source = newReal()
      source.pointee = Double(Float(number))
      tape.operations.append(.copy(try target(), source))
    default: return false
    }
    return true
  }

  /// The value itself if it is one float32.
  private func single(_ value: Expr) -> Expr? {
    value.lanes == 1 && value.scalar == .element(.float32) ? value : nil
  }

  private func place(_ value: Expr) throws(DiagnosticMessage) -> Tape.Place? {
    guard value.lanes == 1, let sum = try linear(value, 0), sum.terms.count <= 3 else { return nil }
    var terms = sum.terms
    while terms.count < 3 { terms.append((nothing, 0)) }
    return Tape.Place(
      constant: sum.constant, first: (terms[0].slot, terms[0].factor),
      second: (terms[1].slot, terms[1].factor), third: (terms[2].slot, terms[2].factor))
  }
}
