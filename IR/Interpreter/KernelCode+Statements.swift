extension KernelCode {
  /// One action that runs statements in order.
  func sequence(_ statements: [Statement]) throws(DiagnosticMessage) -> ActionCode {
    var actions: [ActionCode] = []
    for statement in statements {
      if try record(statement) { continue }
      if let action = takeTape() { actions.append(action) }
      if let action = try code(statement) { actions.append(action) }
    }
    if let action = takeTape() { actions.append(action) }
    switch actions.count {
    case 0: return {}
    case 1: return actions[0]
    case 2:
      let (a, b) = (actions[0], actions[1])
      return {
        a()
        b()
      }
    case 3:
      let (a, b, c) = (actions[0], actions[1], actions[2])
      return {
        a()
        b()
        c()
      }
    default: return { for action in actions { action() } }
    }
  }

  private func code(_ statement: Statement) throws(DiagnosticMessage) -> ActionCode? {
    switch statement {
    case .comment: return nil
    case .microkernel(let step): return try sequence(step.meaning)
    case .define(let variable, let value), .declare(let variable, let value):
      let values = try lanes(value)
      declare(variable)
      return try assignment(variable, values)
    case .assign(let variable, let value):
      return try assignment(variable, try lanes(value), together: value.movesLanes)
    case .store(let buffer, let index, let value): return try store(buffer, index, value)
    case .when(let condition, let body, let otherwise):
      let test = try condition1(condition)
      let (yes, no) = (try sequence(body), try sequence(otherwise))
      if otherwise.isEmpty { return { if test() != 0 { yes() } } }
      return { if test() != 0 { yes() } else { no() } }
    case .repeatWhile(let condition, let body):
      let (run, faulted) = (try sequence(body), memories.faulted)
      let test = try condition1(condition)
      let memories = memories
      return {
        while !faulted.pointee, test() != 0 {
          memories.spend(1)
          run()
        }
      }
    case .loop(let variable, let from, let to, let step, let body):
      return try loop(variable, from, to, step, body)
    }
  }

  private func loop(
    _ variable: Variable, _ from: Expr, _ to: Expr, _ step: Int, _ body: [Statement]
  ) throws(DiagnosticMessage) -> ActionCode {
    guard variable.scalar == .index, variable.lanes == 1, step > 0 else {
      throw .fault("a loop needs an index variable and a positive step")
    }
    let first = try integer(from, 0)
    declare(variable)
    let slot = try integerSlot(variable, 0)
    let run = try sequence(body)
    let (faulted, stride, memories) = (memories.faulted, Int64(step), memories)
    if let end = to.constantIndex {
      let end = Int64(end)
      return {
        var index = first()
        memories.spend((end &- index) / stride)
        while index < end, !faulted.pointee {
          slot.pointee = index
          run()
          index &+= stride
        }
      }
    }
    let limit = try integer(to, 0)
    return {
      var index = first()
      memories.spend((limit() &- index) / stride)
      while index < limit(), !faulted.pointee {
        slot.pointee = index
        run()
        index &+= stride
      }
    }
  }

  /// A condition of one lane.
  func condition1(_ condition: Expr) throws(DiagnosticMessage) -> IntegerCode {
    guard condition.lanes == 1, !condition.scalar.isReal else {
      throw .fault("a condition must be one bool")
    }
    return try integer(condition, 0)
  }

  /// The lanes of a value.
  enum Lanes {
    case integers([IntegerCode])
    case reals([RealCode])
  }

  func lanes(_ value: Expr) throws(DiagnosticMessage) -> Lanes {
    var (integers, reals): ([IntegerCode], [RealCode]) = ([], [])
    let isReal = value.scalar.isReal
    for lane in 0..<value.lanes {
      if isReal {
        reals.append(try real(value, lane))
      } else {
        integers.append(try integer(value, lane))
      }
    }
    return isReal ? .reals(reals) : .integers(integers)
  }

  // Where `together`, all lanes are computed before the first is stored.
  private func assignment(
    _ variable: Variable, _ values: Lanes, together: Bool = false
  ) throws(DiagnosticMessage) -> ActionCode {
    if together, case .reals(let codes) = values {
      let slots = try codes.indices.map { (lane) throws(DiagnosticMessage) in
        try realSlot(variable, lane)
      }
      return {
        let values = codes.map { $0() }
        for (slot, value) in zip(slots, values) { slot.pointee = value }
      }
    }
    var parts: [ActionCode] = []
    switch values {
    case .integers(let codes):
      for lane in 0..<variable.lanes {
        let (slot, value) = (try integerSlot(variable, lane), codes[codes.count == 1 ? 0 : lane])
        parts.append({ slot.pointee = value() })
      }
    case .reals(let codes):
      for lane in 0..<variable.lanes {
        let (slot, value) = (try realSlot(variable, lane), codes[codes.count == 1 ? 0 : lane])
        parts.append({ slot.pointee = value() })
      }
    }
    if parts.count == 1 { return parts[0] }
    return { for part in parts { part() } }
  }

  /// All lanes are computed before the first is stored.
  private func store(
    _ buffer: Buffer, _ index: Expr, _ value: Expr
  ) throws(DiagnosticMessage) -> ActionCode {
    guard value.scalar == .element(buffer.element.arithmetic) else {
      throw .fault("a \(value.scalar) is stored to a buffer of \(buffer.element)")
    }
    let count = value.lanes
    if count == 1 {
      let target = try integer(index, 0)
      if case .load(let source, let place, _) = value, source.element == buffer.element,
        NarrowFloat(buffer.element) != nil
      {
        return try storeInteger(buffer, target, try loadInteger(source, try integer(place, 0)))
      }
      switch try lanes(value) {
      case .integers(let codes): return try storeInteger(buffer, target, codes[0])
      case .reals(let codes): return try storeReal(buffer, target, codes[0])
      }
    }
    var parts: [ActionCode] = []
    var stores: [ActionCode] = []
    for lane in 0..<count {
      let target = try integer(index + lane, 0)
      if value.scalar.isReal {
        let (slot, code) = (newReal(), try real(value, lane))
        parts.append({ slot.pointee = code() })
        stores.append(try storeReal(buffer, target, { slot.pointee }))
      } else {
        let (slot, code) = (newInteger(), try integer(value, lane))
        parts.append({ slot.pointee = code() })
        stores.append(try storeInteger(buffer, target, { slot.pointee }))
      }
    }
    let all = parts + stores
    return { for part in all { part() } }
  }
}
