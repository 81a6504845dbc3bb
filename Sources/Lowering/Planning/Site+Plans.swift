import CoppiceIR

extension Site {
  /// Every plan for the weight in a storage, in the order of the forms.
  func plans(_ storage: StorageKind, _ target: Target) -> [Plan] {
    let tail = computation.tail.count
    let bytes = activationBytes
    return kernelForms.compactMap {
      $0.plan(self, storage, target)?.with(tail: tail, activationBytes: bytes, target)
    }
  }

  /// Bytes of the operands that are not constants, and of the results.
  private var activationBytes: Int {
    let read = zip(operands, constants).compactMap { $1 == nil ? $0 : nil }
    return (read + results.compactMap { $0 }).reduce(0) {
      $0 + $1.buffer.element.byteCount($1.shape.reduce(1, *))
    }
  }

  /// Bytes that are left for memory beside operands and results; `nil` for any.
  ///
  /// What the caller hands over, and constants, take nothing.
  func room(_ target: Target) -> Int? {
    guard let memory = target.stepMemory else { return nil }
    let graph = computation.graph
    let inputs = zip(graph[computation.head].operands, operands).compactMap { value, view in
      value.map { graph.constant($0) == nil && !graph.inputs.contains($0) } ?? false ? view : nil
    }
    let buffers = Dictionary(
      (inputs + results.compactMap { $0 }).map { ($0.buffer.id, $0.buffer) },
      uniquingKeysWith: { first, _ in first })
    let taken = buffers.values.reduce(0) { $0 + $1.element.byteCount($1.count) }
    return max(0, memory - taken)
  }

  /// The plan with the least cost among those that memory has room for, or that takes the least;
  /// of equal ones the first.
  ///
  /// - Parameters:
  ///   - storage: The storage of the weight.
  ///   - target: What was measured.
  /// - Returns: A plan; there is always one, as the plain loops apply to everything.
  func best(_ storage: StorageKind, _ target: Target) -> Plan? {
    let plans = plans(storage, target)
    guard let room = room(target) else { return plans.min { $0.cost < $1.cost } }
    let fitting = plans.filter { $0.scratch <= room }
    return fitting.min { $0.cost < $1.cost }
      ?? plans.min { ($0.scratch, $0.cost) < ($1.scratch, $1.cost) }
  }

  /// The best plan as far as another weight of the same node decides it.
  func reading(_ operand: Int, _ storage: StorageKind, _ target: Target) -> Plan? {
    with(weightOperand: operand).best(storage, target)
  }
}
