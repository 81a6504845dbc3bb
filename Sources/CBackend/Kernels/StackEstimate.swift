import CoppiceIR

extension Generation {
  /// A forecast of the bytes of stack that `NAME_run` takes on a machine of 32 bits: its own frame and
  /// the largest one of a kernel.
  var stackBytes: Int {
    let words = parameters.count + (kernels.functions.map(\.parameters.count).max() ?? 0)
    let kernel = kernels.functions.map { function in
      function.steps.first.map { StackEstimate.bytes(of: $0.kernel) } ?? 0
    }
    return 96 + 4 * words + (kernel.max() ?? 0)
  }
}

/// The bytes of the variables of a kernel that are alive at once.
///
/// A compiler keeps some of them in registers, and adds about as much of its own.
private struct StackEstimate {
  /// The number of the statement that defines each variable, and of the last one that reads it.
  private var lives: [Int: (first: Int, last: Int)] = [:]
  private var reads: [Int] = []
  private var number = 0
  private var alive: [(variable: Int, bytes: Int)] = []
  private var most = 0

  static func bytes(of kernel: Kernel) -> Int {
    guard let body = kernel.variants.first?.body else { return 0 }
    var estimate = StackEstimate()
    estimate.note(body)
    estimate.number = 0
    estimate.walk(body)
    return estimate.most
  }

  private mutating func define(_ variable: Variable) {
    lives[variable.id] = (number, number)
  }

  private mutating func read(_ variable: Int) {
    lives[variable]?.last = number
    reads.append(variable)
  }

  private mutating func read(_ expression: Expr) { expression.forEachVariable { read($0) } }

  private mutating func note(_ body: [Statement]) {
    for statement in body {
      number += 1
      switch statement {
      case .define(let variable, let value), .declare(let variable, let value):
        read(value)
        define(variable)
      case .assign(let variable, let value):
        read(value)
        read(variable.id)
      case .store(_, let index, let value):
        read(index)
        read(value)
      case .loop(let variable, let from, let to, _, let inner):
        read(from)
        define(variable)
        noteLoop(inner, reading: [.variable(variable), to])
      case .when(let condition, let yes, let no):
        read(condition)
        note(yes)
        note(no)
      case .repeatWhile(let condition, let inner): noteLoop(inner, reading: [condition])
      case .microkernel(let step): note(step.meaning)
      case .comment: break
      }
    }
  }

  /// What a loop reads from outside is alive until its end.
  private mutating func noteLoop(_ inner: [Statement], reading: [Expr]) {
    let (first, start) = (number, reads.count)
    note(inner)
    number += 1
    for expression in reading { read(expression) }
    for variable in reads[start...] where lives[variable].map({ $0.first <= first }) ?? false {
      lives[variable]?.last = number
    }
  }

  private mutating func walk(_ body: [Statement]) {
    for statement in body {
      number += 1
      switch statement {
      case .define(let variable, _), .declare(let variable, _): begin(variable)
      case .loop(let variable, _, _, _, let inner):
        begin(variable)
        walk(inner)
        number += 1
      case .when(_, let yes, let no):
        walk(yes)
        walk(no)
      case .repeatWhile(_, let inner):
        walk(inner)
        number += 1
      case .microkernel(let step): walk(step.meaning)
      case .assign, .store, .comment: break
      }
    }
  }

  private mutating func begin(_ variable: Variable) {
    alive.removeAll { (lives[$0.variable]?.last ?? 0) < number }
    alive.append((variable.id, variable.bytes))
    most = max(most, alive.reduce(0) { $0 + $1.bytes })
  }
}

extension Variable {
  /// Bytes on a machine whose addresses have 32 bits.
  fileprivate var bytes: Int {
    switch scalar {
    case .index: 4 * lanes
    case .element(let element): max(element.byteCount(lanes), 4)
    }
  }
}
