import CoppiceIR

/// The statements of a kernel without what nobody reads, so that no warning points at it.
struct Liveness {
  private var reads: [Int: [Int]] = [:]
  private var live = VariableSet()

  /// Statements without definitions, variables and assignments that no store, condition or loop
  /// bound depends on, and without loops and conditions left empty.
  static func pruned(_ body: [Statement]) -> [Statement] {
    let body = DeadAssignments.removed(from: body)
    var liveness = Liveness()
    for statement in body { liveness.collect(statement) }
    var work = liveness.reads.keys.filter { liveness.live.contains($0) }
    while let variable = work.popLast() {
      for read in liveness.reads[variable, default: []] where liveness.live.insert(read) {
        work.append(read)
      }
    }
    return body.compactMap { liveness.kept($0) }
  }

  private mutating func collect(_ statement: Statement) {
    switch statement {
    case .loop(_, let from, let to, _, let body):
      from.addVariables(to: &live)
      to.addVariables(to: &live)
      for inner in body { collect(inner) }
    case .define(let variable, let value), .declare(let variable, let value),
      .assign(let variable, let value):
      value.forEachVariable { reads[variable.id, default: []].append($0) }
    case .store(_, let index, let value):
      index.addVariables(to: &live)
      value.addVariables(to: &live)
    case .when(let condition, let yes, let no):
      condition.addVariables(to: &live)
      for inner in yes + no { collect(inner) }
    case .repeatWhile(let condition, let body):
      condition.addVariables(to: &live)
      for inner in body { collect(inner) }
    case .microkernel(let step):
      for operand in step.operands { operand.index.addVariables(to: &live) }
      for inner in step.meaning { collect(inner) }
    case .comment: break
    }
  }

  private func kept(_ statement: Statement) -> Statement? {
    switch statement {
    case .loop(let variable, let from, let to, let step, let body):
      let inner = body.compactMap { kept($0) }
      return inner.isEmpty ? nil : .loop(variable, from: from, to: to, step: step, inner)
    case .define(let variable, _), .declare(let variable, _), .assign(let variable, _):
      return live.contains(variable.id) ? statement : nil
    case .microkernel(var step):
      step.meaning = step.meaning.compactMap { kept($0) }
      return .microkernel(step)
    case .store, .comment: return statement
    case .when(let condition, let yes, let no):
      let (yes, no) = (yes.compactMap { kept($0) }, no.compactMap { kept($0) })
      if yes.isEmpty && no.isEmpty { return nil }
      return yes.isEmpty
        ? .when(.unary(.lnot, condition), no, else: []) : .when(condition, yes, else: no)
    case .repeatWhile(let condition, let body):
      return .repeatWhile(condition, body.compactMap { kept($0) })
    }
  }
}

extension Expr {
  /// Adds the ids of all variables that the expression reads.
  func addVariables(to set: inout VariableSet) { forEachVariable { set.insert($0) } }

  /// Visits the ids of all variables that the expression reads, some more than once.
  func forEachVariable(_ visit: (Int) -> Void) {
    switch self {
    case .integer, .number, .whole: break
    case .variable(let variable): visit(variable.id)
    case .load(_, let index, _): index.forEachVariable(visit)
    case .compare where knownComparison != nil: break
    case .binary(_, let a, let b), .compare(_, let a, let b), .shuffle(let a, let b, _):
      a.forEachVariable(visit)
      b.forEachVariable(visit)
    case .unary(_, let a), .convert(let a, _), .splat(let a, _): a.forEachVariable(visit)
    case .select(let c, let a, let b), .pick(let c, let a, let b):
      c.forEachVariable(visit)
      a.forEachVariable(visit)
      b.forEachVariable(visit)
    case .math(_, let arguments), .packed(_, let arguments):
      for argument in arguments { argument.forEachVariable(visit) }
    }
  }
}
