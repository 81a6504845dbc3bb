/// Reads or computes one lane of whole numbers; narrower types are kept extended to 64 bits.
typealias IntegerCode = () -> Int64
/// Reads or computes one lane of float32 or float64.
typealias RealCode = () -> Double
/// Runs a statement.
typealias ActionCode = () -> Void

/// Turns one body of loop IR into closures over unboxed variables.
///
/// A vector is as many closures as it has lanes. Closures point straight at their variables, which
/// stay until the next code over the same memories.
final class KernelCode {
  let memories: Memories
  private var integers: [Int: [UnsafeMutablePointer<Int64>]] = [:]
  private var reals: [Int: [UnsafeMutablePointer<Double>]] = [:]
  private var known: [Int: Variable] = [:]
  /// What waits to become an action.
  var tape = Tape()
  /// A variable that stays 0.
  private(set) lazy var nothing = newInteger()

  init(memories: Memories) {
    self.memories = memories
    memories.integers.reset()
    memories.reals.reset()
    memories.operations.reset()
  }

  func newInteger() -> UnsafeMutablePointer<Int64> { memories.integers.take(CollectionOfOne(0)) }

  func newReal() -> UnsafeMutablePointer<Double> { memories.reals.take(CollectionOfOne(0)) }

  /// Makes room for a variable.
  func declare(_ variable: Variable) {
    known[variable.id] = variable
    if variable.scalar.isReal {
      reals[variable.id] = (0..<variable.lanes).map { _ in newReal() }
    } else {
      integers[variable.id] = (0..<variable.lanes).map { _ in newInteger() }
    }
  }

  func integerSlot(
    _ variable: Variable, _ lane: Int
  ) throws(DiagnosticMessage) -> UnsafeMutablePointer<Int64> {
    guard known[variable.id] == variable, let slots = integers[variable.id], lane < slots.count
    else { throw .undeclared(variable) }
    return slots[lane]
  }

  func realSlot(
    _ variable: Variable, _ lane: Int
  ) throws(DiagnosticMessage) -> UnsafeMutablePointer<Double> {
    guard known[variable.id] == variable, let slots = reals[variable.id], lane < slots.count
    else { throw .undeclared(variable) }
    return slots[lane]
  }

  /// Which lane of a part stands for a lane of the whole.
  func lane(_ lane: Int, of part: Expr, in whole: Int) throws(DiagnosticMessage) -> Int {
    let lanes = part.lanes
    if lanes == 1 { return 0 }
    guard lanes == whole else {
      throw .fault("an operation mixes vectors of \(lanes) and \(whole) lanes")
    }
    return lane
  }
}

extension DiagnosticMessage {
  fileprivate static func undeclared(_ variable: Variable) -> DiagnosticMessage {
    .fault("variable \(variable.hint)\(variable.id) is used where it is not declared")
  }
}

extension Scalar {
  /// Whether the interpreter holds the type as a `Double`.
  var isReal: Bool { self == .element(.float32) || self == .element(.float64) }
}
