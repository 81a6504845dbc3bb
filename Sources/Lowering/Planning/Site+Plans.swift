import CoppiceIR

extension Site {
  /// Every plan for the weight in a storage, in the order of the forms.
  func plans(_ storage: StorageKind, _ target: Target) -> [Plan] {
    let tail = computation.tail.count
    return kernelForms.compactMap { $0.plan(self, storage, target)?.with(tail: tail, target) }
  }

  /// The plan with the least cost; of equal ones the first.
  ///
  /// - Parameters:
  ///   - storage: The storage of the weight.
  ///   - target: What was measured.
  /// - Returns: A plan; there is always one, as the plain loops apply to everything.
  func best(_ storage: StorageKind, _ target: Target) -> Plan? {
    plans(storage, target).min { $0.cost < $1.cost }
  }

  /// The best plan as far as another weight of the same node decides it.
  func reading(_ operand: Int, _ storage: StorageKind, _ target: Target) -> Plan? {
    with(weightOperand: operand).best(storage, target)
  }
}
