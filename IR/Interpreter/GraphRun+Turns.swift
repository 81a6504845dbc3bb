extension GraphRun {
  /// Runs the block of a loop as often as it says, or while its condition holds.
  mutating func runTurns(of id: NodeID) throws(Diagnostic) {
    let node = graph[id]
    guard let block = node.blocks.first else { return }
    let inner = graph.allNodes(in: block)
    let own = Set(inner.flatMap { graph[$0].results.compactMap { $0 } } + graph[block].inputs)
    var (turns, goesOn, first) = try located(id) { run, id throws(DiagnosticMessage) in
      try run.start(of: id)
    }
    let hasCondition = node.operand(1) != nil
    keep(inner.flatMap { graph[$0].operands.compactMap { $0 } } + graph[block].outputs, but: own)
    var (carried, collected) = (first, [[Constant]]())
    var turn = 0
    while turn < turns, goesOn {
      for value in own { readers[value] = nil }
      let inputs = [Constant([Int64(turn)], .int64, []), .scalar(1, .bool)] + carried
      for (value, constant) in zip(graph[block].inputs, inputs) { set(value, constant) }
      for value in graph[block].outputs { readers[value] = .max }
      try run(block)
      let yielded = try located(id) { run, _ throws(DiagnosticMessage) in
        try run.graph[block].outputs.map { value throws(DiagnosticMessage) in try run.value(value) }
      }
      goesOn = !hasCondition || yielded[0].number(at: 0) != 0
      turn += 1
      carried = Array(yielded.dropFirst().prefix(first.count))
      let scans = yielded.dropFirst(1 + first.count)
      if collected.isEmpty { collected = scans.map { _ in [] } }
      for (index, constant) in scans.enumerated() { collected[index].append(constant) }
    }
    for (place, result) in node.results.enumerated() {
      guard let result else { continue }
      let type = graph[result].type
      set(
        result,
        place < carried.count
          ? carried[place] : joined(collected.isEmpty ? [] : collected[place - carried.count], type)
      )
    }
    for operand in node.operands { forget(operand) }
  }

  private func start(
    of id: NodeID
  ) throws(DiagnosticMessage) -> (turns: Int, goesOn: Bool, carried: [Constant]) {
    let node = graph[id]
    let turns = try node.operand(0).map { count throws(DiagnosticMessage) in
      try value(count).integers?.first ?? 0
    }
    let goesOn = try node.operand(1).map { condition throws(DiagnosticMessage) in
      try value(condition).number(at: 0) != 0
    }
    var carried: [Constant] = []
    for case let operand? in node.operands.dropFirst(2) { carried.append(try value(operand)) }
    return (turns ?? .max, goesOn ?? true, carried)
  }

  /// Lets values be read by every turn.
  private mutating func keep(_ read: [ValueID], but own: Set<ValueID>) {
    for value in read where !own.contains(value) { readers[value] = .max }
  }

  /// Tensors along a new first axis.
  private func joined(_ parts: [Constant], _ type: TensorType) -> Constant {
    guard type.element.bits >= 8 else {
      return Constant(rounding: parts.flatMap(\.numbers), type.element, type.shape)
    }
    let bytes = parts.flatMap { $0.dense.withUnsafeBytes { Array($0) } }
    return Constant(type, .dense(Bytes(bytes)))
  }
}
