@_spi(RawEditing) import CoppiceIR

extension Graph {
  /// C promises functions 127 parameters, and few pass them in registers.
  private static let mostOperands = 64

  /// Replaces operators of very many operands by several that each take some of them.
  ///
  /// Sums and the like go from the left, so that every result keeps its bits.
  mutating func splitLongVariadics() {
    for id in allNodes where contains(id) && self[id].operands.count > Self.mostOperands {
      guard isSplittable(self[id].op) else { continue }
      if let owner = self[self[id].parent].owner, self[owner].op is Fused {
        inlineFused(owner, by: "lowering")
      }
      switch self[id].op {
      case let concat as Concat: joinInGroups(id, concat)
      case is Mean: sumAndDivide(id)
      default: fold(id, self[id].op)
      }
    }
  }

  private func isSplittable(_ op: any Operator) -> Bool {
    op is Concat || op is Mean || op is Sum || op is Max || op is Min
  }

  /// An operator of the first operands, then of its result and the next ones, and so on.
  private mutating func fold(_ id: NodeID, _ op: any Operator) {
    let operands = self[id].operands
    var taken = Self.mostOperands
    var rest = Array(operands[..<taken])
    while operands.count - taken > Self.mostOperands - 1 {
      guard let partial = insertBefore(id, op, rest) else { return }
      let next = min(taken + Self.mostOperands - 1, operands.count)
      rest = [partial] + operands[taken..<next]
      taken = next
    }
    guard let partial = insertBefore(id, op, rest) else { return }
    setOperator(id, op, operands: [partial] + operands[taken...], by: "lowering")
  }

  /// Parts are joined first, then what was joined.
  private mutating func joinInGroups(_ id: NodeID, _ op: Concat) {
    var operands = self[id].operands
    while operands.count > Self.mostOperands {
      var groups: [ValueID?] = []
      for start in stride(from: 0, to: operands.count, by: Self.mostOperands) {
        let part = Array(operands[start..<min(start + Self.mostOperands, operands.count)])
        guard let joined = part.count == 1 ? part[0] : insertBefore(id, op, part) else { return }
        groups.append(joined)
      }
      operands = groups
    }
    setOperator(id, op, operands: operands, by: "lowering")
  }

  private mutating func sumAndDivide(_ id: NodeID) {
    let operands = self[id].operands
    guard let result = self[id].result, let sum = insertBefore(id, Sum(), operands),
      let adding = producer(sum)
    else { return }
    fold(adding, Sum())
    let count = addConstant(
      .filled(Double(operands.count), self[result].type.element, []), name: self[id].name)
    setOperator(id, Div(), operands: [sum, count], by: "lowering")
  }

  private mutating func insertBefore(
    _ id: NodeID, _ op: any Operator, _ operands: [ValueID?]
  ) -> ValueID? {
    let context = InferenceContext(
      operands: operands.map { $0.map { self[$0].type } }, known: operands.map { constant($0) })
    guard let type = try? op.inferTypes(context).first else { return nil }
    let source = self[id]
    let added = addNode(
      op, operands, types: [type], name: source.name, origin: source.origin,
      trail: source.trail + ["lowering"], before: id)
    return self[added].result
  }
}
