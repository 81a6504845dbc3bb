import CoppiceIR

/// A backward walk that leaves out assignments whose value nobody reads.
struct DeadAssignments {
  /// Variables whose present value is read later.
  private var live = VariableSet()

  /// Statements without assignments that another one overwrites, or that the end of the body makes
  /// pointless.
  static func removed(from body: [Statement]) -> [Statement] {
    var walk = DeadAssignments()
    return walk.walk(body)
  }

  private mutating func walk(_ body: [Statement]) -> [Statement] {
    var kept: [Statement] = []
    for statement in body.reversed() {
      if let statement = walk(statement) { kept.append(statement) }
    }
    return kept.reversed()
  }

  private mutating func walk(_ statement: Statement) -> Statement? {
    switch statement {
    case .loop(let variable, let from, let to, let step, let body):
      let inner = turn(body) { to.addVariables(to: &$0) }
      live.remove(variable.id)
      from.addVariables(to: &live)
      return .loop(variable, from: from, to: to, step: step, inner)
    case .repeatWhile(let condition, let body):
      let inner = turn(body) { condition.addVariables(to: &$0) }
      return .repeatWhile(condition, inner)
    case .define(let variable, let value), .declare(let variable, let value):
      live.remove(variable.id)
      value.addVariables(to: &live)
    case .assign(let variable, let value):
      if !live.remove(variable.id) { return nil }
      value.addVariables(to: &live)
    case .store(_, let index, let value):
      index.addVariables(to: &live)
      value.addVariables(to: &live)
    case .when(let condition, let yes, let no):
      let after = live
      let otherwise = walk(no)
      let afterNo = live
      live = after
      let then = walk(yes)
      live.formUnion(afterNo)
      condition.addVariables(to: &live)
      return .when(condition, then, else: otherwise)
    case .microkernel(var step):
      step.meaning = walk(step.meaning)
      for operand in step.operands { operand.index.addVariables(to: &live) }
      return .microkernel(step)
    case .comment: break
    }
    return statement
  }

  /// The body of a loop, at whose end all is alive that its next turn may read.
  ///
  /// A variable of the body's own begins each turn anew, as does one that is assigned before it is read.
  private mutating func turn(_ body: [Statement], _ test: (inout VariableSet) -> Void)
    -> [Statement]
  {
    test(&live)
    var (read, own) = (VariableSet(), VariableSet())
    for statement in body { statement.addReads(to: &read, own: &own) }
    read.subtract(own)
    read.subtract(assignedFirst(body))
    live.formUnion(read)
    let before = live
    let kept = walk(body)
    live.formUnion(before)
    return kept
  }
}

/// Variables that each run of a body assigns before it reads them.
private func assignedFirst(_ body: [Statement]) -> VariableSet {
  var (read, own, found) = (VariableSet(), VariableSet(), VariableSet())
  for statement in body {
    statement.addReads(to: &read, own: &own)
    if case .assign(let variable, _) = statement, !read.contains(variable.id) {
      found.insert(variable.id)
    }
  }
  return found
}

extension Statement {
  /// Adds the ids of all variables that are read, and of those that begin here.
  fileprivate func addReads(to read: inout VariableSet, own: inout VariableSet) {
    switch self {
    case .loop(let variable, let from, let to, _, let body):
      own.insert(variable.id)
      from.addVariables(to: &read)
      to.addVariables(to: &read)
      for inner in body { inner.addReads(to: &read, own: &own) }
    case .repeatWhile(let condition, let body):
      condition.addVariables(to: &read)
      for inner in body { inner.addReads(to: &read, own: &own) }
    case .define(let variable, let value), .declare(let variable, let value):
      own.insert(variable.id)
      value.addVariables(to: &read)
    case .assign(_, let value): value.addVariables(to: &read)
    case .store(_, let index, let value):
      index.addVariables(to: &read)
      value.addVariables(to: &read)
    case .when(let condition, let yes, let no):
      condition.addVariables(to: &read)
      for inner in yes + no { inner.addReads(to: &read, own: &own) }
    case .microkernel(let step):
      for operand in step.operands { operand.index.addVariables(to: &read) }
      for inner in step.meaning { inner.addReads(to: &read, own: &own) }
    case .comment: break
    }
  }
}
