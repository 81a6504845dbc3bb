extension Kernel {
  /// Operations of the machine that the kernel is about: a measure of the bytes of its code.
  ///
  /// Of several variants only one is compiled; the first is counted.
  package var operations: Int { variants.first.map { $0.body.operations } ?? 0 }
}

extension [Statement] {
  fileprivate var operations: Int { reduce(0) { $0 + $1.operations } }
}

extension Statement {
  fileprivate var operations: Int {
    switch self {
    case .loop(_, let from, let to, _, let body):
      // The count, the test and the step of each address in the body.
      4 + from.operations + to.operations + body.operations
    case .define(_, let value), .declare(_, let value), .assign(_, let value): value.operations
    case .store(_, let index, let value): 1 + index.address + value.operations
    case .when(let condition, let yes, let no):
      1 + condition.operations + yes.operations + (no.isEmpty ? 0 : 1 + no.operations)
    case .repeatWhile(let condition, let body): 2 + condition.operations + body.operations
    case .microkernel(let step): 4 + step.operands.reduce(0) { $0 + 1 + $1.index.operations }
    case .comment: 0
    }
  }
}

extension Expr {
  /// Operations of an address; a constant part lies in the instruction.
  fileprivate var address: Int {
    switch self {
    case .binary(.add, let part, .integer), .binary(.add, .integer, let part): part.address
    case .binary(.sub, let part, .integer): part.address
    default: operations
    }
  }

  fileprivate var operations: Int {
    switch self {
    case .integer, .number, .whole, .variable: 0
    case .load(_, let index, _): 1 + index.address
    case .binary(let op, let a, let b):
      a.operations + b.operations + ([.div, .rem, .min, .max].contains(op) ? 2 : 1)
    case .unary(_, let a), .convert(let a, _), .splat(let a, _): 1 + a.operations
    case .compare(_, let a, let b), .shuffle(let a, let b, _): 1 + a.operations + b.operations
    case .select(let c, let a, let b), .pick(let c, let a, let b):
      2 + c.operations + a.operations + b.operations
    case .packed(_, let operands): operands.reduce(1) { $0 + $1.operations }
    case .math(_, let arguments): arguments.reduce(4) { $0 + $1.operations }
    }
  }
}
