extension Expr {
  /// The expression with every buffer replaced.
  ///
  /// - Parameter map: Gives the new buffer.
  /// - Returns: The same expression over other buffers.
  package func mapBuffers(_ map: (Buffer) -> Buffer) -> Expr {
    switch self {
    case .integer, .number, .whole, .variable: self
    case .load(let buffer, let index, let lanes):
      .load(map(buffer), index.mapBuffers(map), lanes: lanes)
    case .binary(let op, let a, let b): .binary(op, a.mapBuffers(map), b.mapBuffers(map))
    case .unary(let op, let a): .unary(op, a.mapBuffers(map))
    case .compare(let op, let a, let b): .compare(op, a.mapBuffers(map), b.mapBuffers(map))
    case .select(let c, let a, let b):
      .select(c.mapBuffers(map), a.mapBuffers(map), b.mapBuffers(map))
    case .convert(let a, let scalar): .convert(a.mapBuffers(map), scalar)
    case .math(let function, let arguments): .math(function, arguments.map { $0.mapBuffers(map) })
    case .packed(let op, let operands): .packed(op, operands.map { $0.mapBuffers(map) })
    case .splat(let a, let lanes): .splat(a.mapBuffers(map), lanes: lanes)
    case .shuffle(let a, let b, let order): .shuffle(a.mapBuffers(map), b.mapBuffers(map), order)
    case .pick(let a, let b, let lanes):
      .pick(a.mapBuffers(map), b.mapBuffers(map), lanes.mapBuffers(map))
    }
  }

  /// The expression with every scalar operand of a vector operation put into all lanes.
  ///
  /// - Parameter lanes: The lanes of the vector.
  /// - Returns: An expression of that many lanes.
  package func splatted(_ lanes: Int) -> Expr {
    guard lanes > 1 else { return self }
    guard self.lanes > 1 else { return .splat(self, lanes: lanes) }
    return switch self {
    case .binary(let op, let a, let b): .binary(op, a.splatted(lanes), b.splatted(lanes))
    case .unary(let op, let a): .unary(op, a.splatted(lanes))
    case .compare(let op, let a, let b): .compare(op, a.splatted(lanes), b.splatted(lanes))
    case .select(let c, let a, let b):
      .select(c.splatted(lanes), a.splatted(lanes), b.splatted(lanes))
    case .convert(let a, let scalar): .convert(a.splatted(lanes), scalar)
    default: self
    }
  }
}

extension Expr {
  /// Whether a lane of the value may depend on another lane of what it is made of.
  var movesLanes: Bool {
    var pending = [self]
    while let next = pending.popLast() {
      switch next {
      case .shuffle, .pick: return true
      default: break
      }
      next.appendParts(to: &pending)
    }
    return false
  }

  /// Appends the expressions that this one is made of.
  func appendParts(to list: inout [Expr]) {
    switch self {
    case .integer, .number, .whole, .variable: break
    case .load(_, let a, _), .unary(_, let a), .convert(let a, _), .splat(let a, _): list.append(a)
    case .binary(_, let a, let b), .compare(_, let a, let b), .shuffle(let a, let b, _):
      list.append(a)
      list.append(b)
    case .select(let c, let a, let b), .pick(let c, let a, let b):
      list.append(c)
      list.append(a)
      list.append(b)
    case .math(_, let arguments), .packed(_, let arguments): list += arguments
    }
  }
}

extension Statement {
  /// The expressions of the statement itself, not of those inside of it.
  var expressions: [Expr] {
    switch self {
    case .loop(_, let from, let to, _, _): [from, to]
    case .define(_, let value), .declare(_, let value), .assign(_, let value): [value]
    case .store(_, let index, let value): [index, value]
    case .when(let condition, _, _), .repeatWhile(let condition, _): [condition]
    case .microkernel(let step): step.operands.map(\.index)
    case .comment: []
    }
  }

  /// The statement with every buffer replaced.
  ///
  /// - Parameter map: Gives the new buffer.
  /// - Returns: The same statement over other buffers.
  package func mapBuffers(_ map: (Buffer) -> Buffer) -> Statement {
    switch self {
    case .loop(let variable, let from, let to, let step, let body):
      .loop(
        variable, from: from.mapBuffers(map), to: to.mapBuffers(map), step: step,
        body.map { $0.mapBuffers(map) })
    case .define(let variable, let value): .define(variable, value.mapBuffers(map))
    case .declare(let variable, let value): .declare(variable, value.mapBuffers(map))
    case .assign(let variable, let value): .assign(variable, value.mapBuffers(map))
    case .store(let buffer, let index, let value):
      .store(map(buffer), index.mapBuffers(map), value.mapBuffers(map))
    case .when(let condition, let yes, let no):
      .when(
        condition.mapBuffers(map), yes.map { $0.mapBuffers(map) },
        else: no.map { $0.mapBuffers(map) })
    case .repeatWhile(let condition, let body):
      .repeatWhile(condition.mapBuffers(map), body.map { $0.mapBuffers(map) })
    case .microkernel(let step): .microkernel(step.mapBuffers(map))
    case .comment: self
    }
  }
}

extension MicroKernel {
  fileprivate func mapBuffers(_ map: (Buffer) -> Buffer) -> MicroKernel {
    let operands = operands.map { operand -> Operand in
      switch operand {
      case .address(let buffer, let index): .address(map(buffer), index.mapBuffers(map))
      case .number(let value): .number(value.mapBuffers(map))
      }
    }
    return MicroKernel(program, parameters, operands, meaning: meaning.map { $0.mapBuffers(map) })
  }
}

/// The buffers that code reads and writes.
package struct BufferAccess: Sendable {
  /// Read, in order of first use.
  package private(set) var reads: [Buffer] = []
  /// Written, in order of first use.
  package private(set) var writes: [Buffer] = []
  private var seenReads: Set<Buffer> = []
  private var seenWrites: Set<Buffer> = []

  /// Collects the buffers of a kernel.
  package init(_ kernel: Kernel) {
    for variant in kernel.variants {
      for statement in variant.body { visit(statement) }
    }
  }

  /// Most kernels have few buffers, which are compared faster than they are hashed.
  private static func isNew(_ buffer: Buffer, in list: [Buffer], _ seen: inout Set<Buffer>) -> Bool
  {
    if list.count < 8 { return !list.contains(buffer) }
    if seen.isEmpty { seen = Set(list) }
    return seen.insert(buffer).inserted
  }

  private mutating func visit(_ statement: Statement) {
    switch statement {
    case .loop(_, let from, let to, _, let body):
      visit(from)
      visit(to)
      for inner in body { visit(inner) }
    case .define(_, let value), .declare(_, let value), .assign(_, let value): visit(value)
    case .store(let buffer, let index, let value):
      visit(index)
      visit(value)
      if Self.isNew(buffer, in: writes, &seenWrites) { writes.append(buffer) }
    case .when(let condition, let yes, let no):
      visit(condition)
      for inner in yes { visit(inner) }
      for inner in no { visit(inner) }
    case .repeatWhile(let condition, let body):
      visit(condition)
      for inner in body { visit(inner) }
    case .microkernel(let step):
      for operand in step.operands { visit(operand.index) }
      for inner in step.meaning { visit(inner) }
    case .comment: break
    }
  }

  private mutating func visit(_ value: Expr) {
    switch value {
    case .integer, .number, .whole, .variable: break
    case .load(let buffer, let index, _):
      visit(index)
      if Self.isNew(buffer, in: reads, &seenReads) { reads.append(buffer) }
    case .binary(_, let a, let b), .compare(_, let a, let b), .shuffle(let a, let b, _):
      visit(a)
      visit(b)
    case .unary(_, let a), .convert(let a, _), .splat(let a, _): visit(a)
    case .select(let c, let a, let b), .pick(let c, let a, let b):
      visit(c)
      visit(a)
      visit(b)
    case .math(_, let arguments), .packed(_, let arguments):
      for argument in arguments { visit(argument) }
    }
  }
}
