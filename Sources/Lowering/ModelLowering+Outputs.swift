import CoppiceIR

extension Graph {
  /// The values that can be computed straight into the model's outputs, by output: the outputs
  /// themselves, and what they are a plain reshape of.
  var placedInOutputs: [ValueID: Int] {
    var placed: [ValueID: Int] = [:]
    for (index, output) in outputs.enumerated() {
      var value = output
      while let node = producer(value), isPlainReshape(node),
        let source = self[node].operand(0), !yields(body, source)
      {
        value = source
      }
      guard producer(value) != nil, placed[value] == nil else { continue }
      placed[value] = index
    }
    return placed
  }

  /// Whether a node keeps all elements in row-major order.
  fileprivate func isPlainReshape(_ id: NodeID) -> Bool {
    let node = self[id]
    guard let result = node.result, let source = node.operand(0), constant(source) == nil
    else { return false }
    let (from, to) = (self[source].type, self[result].type)
    guard from.element == to.element, from.count == to.count else { return false }
    let probe = TensorView(
      Buffer(id: -1, element: from.element, count: from.count), from.shape)
    guard let seen = node.op.view(of: probe, inferenceContext(id)), seen.count == 1 else {
      return false
    }
    return seen[0].isContiguous && seen[0].offset == 0
  }
}

extension ModelLowering {
  /// Copies outputs that are inputs, constants, or views of something else.
  func copyOutputs() {
    for (index, output) in graph.outputs.enumerated() {
      guard let source = view(output) else { continue }
      if case .output(index) = program.slots[source.buffer.id].role { continue }
      let type = graph[output].type
      let buffer = program.addBuffer(
        type.element, type.count, .output(index), name: graph[output].name)
      let builder = makeBuilder([source], [TensorView(buffer, type.shape)], nil)
      builder.copyElements(from: source, to: TensorView(buffer, type.shape))
      append(builder.takeStatements(), "copy", [graph[output].name], builder)
    }
  }

  /// Leaves out steps whose results no later step reads and no output takes.
  ///
  /// - Returns: The ids of the buffers that the others read or write.
  private func removeUnreadSteps() -> Set<Int> {
    var used: Set<Int> = []
    var live = Set(
      program.slots.filter { if case .output = $0.role { true } else { false } }.map(\.buffer.id))
    var kept: [Program.Step] = []
    for step in program.steps.reversed() {
      let access = BufferAccess(step.kernel)
      guard access.writes.contains(where: { live.contains($0.id) }) else { continue }
      for buffer in access.reads { live.insert(buffer.id) }
      for buffer in access.reads + access.writes { used.insert(buffer.id) }
      kept.append(step)
    }
    program.steps = kept.reversed()
    return used
  }

  /// The program with unread constants left out and the bytes of the others filled in.
  func finished() -> Program {
    let used = removeUnreadSteps()
    var result = Program(inputs: program.inputs, outputs: program.outputs)
    result.assumptions = program.assumptions
    var renumbered: [Int: Buffer] = [:]
    for slot in program.slots {
      var role = slot.role
      switch role {
      case .input, .output: break
      default: if !used.contains(slot.buffer.id) { continue }
      }
      if let constant = pending[slot.buffer.id] { role = .constant(constant.dense) }
      renumbered[slot.buffer.id] = result.addBuffer(
        slot.buffer.element, slot.buffer.count, role, name: slot.name, source: slot.source)
    }
    func map(_ buffer: Buffer) -> Buffer { renumbered[buffer.id] ?? buffer }
    for step in program.steps {
      var step = step
      for index in step.kernel.variants.indices {
        step.kernel.variants[index].body = step.kernel.variants[index].body.map {
          $0.mapBuffers(map)
        }
      }
      step.scratch = step.scratch.map(map)
      step.inPlace = Dictionary(
        uniqueKeysWithValues: step.inPlace.map { (map($0.key), $0.value.map(map)) })
      result.steps.append(step)
    }
    return result
  }
}
