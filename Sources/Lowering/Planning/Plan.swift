import CoppiceIR

/// How a form would compute a site with the weight in a storage: what it takes, and how to build it.
struct Plan {
  /// Builds the loops.
  typealias Emit = (LoopBuilder) throws(DiagnosticMessage) -> Kernel

  /// The form.
  let form: String
  /// The storage of the weight that it reads.
  let storage: StorageKind
  /// Bytes of the weight as packed.
  let bytes: Int
  /// Bytes of memory beside operands and results.
  let scratch: Int
  /// The name that the target has its costs under.
  private let costing: String
  /// What it does how often.
  private(set) var work: Work
  /// The time in the target's unit.
  private(set) var cost: Double
  /// Builds the loops; the builder's constants are in the storage.
  let emit: Emit

  /// Makes a plan.
  ///
  /// - Parameters:
  ///   - form: The form's name, under which the target has its costs.
  ///   - storage: The storage of the weight.
  ///   - bytes: Bytes of the weight as packed.
  ///   - scratch: Bytes of memory beside operands and results.
  ///   - isInteger: Whether a form of floats computes in integers, which takes other times.
  ///   - work: What it does how often.
  ///   - target: Says what that takes.
  ///   - emit: Builds the loops.
  init(
    _ form: String, _ storage: StorageKind, bytes: Int, scratch: Int = 0, isInteger: Bool = false,
    _ work: Work, _ target: Target, emit: @escaping Emit
  ) {
    self.form = form
    self.storage = storage
    self.bytes = bytes
    self.scratch = scratch
    self.work = work
    costing = isInteger ? form + "_integer" : form
    cost = work.cost(target.costs.of(costing))
    self.emit = emit
  }

  /// The same plan with what the site adds: operators that are applied to what it stores, and
  /// activations that the first cache does not hold.
  ///
  /// - Parameters:
  ///   - tail: How many operators.
  ///   - activationBytes: What the node reads and writes beside its weights.
  ///   - target: Says what that takes.
  /// - Returns: The plan with their cost.
  func with(tail: Int, activationBytes: Int, _ target: Target) -> Plan {
    var plan = self
    plan.work[.tail] = work[.store] * Double(tail)
    plan.work.streams(activationBytes + 2 * scratch, target)
    plan.cost = plan.work.cost(target.costs.of(costing))
    return plan
  }
}
