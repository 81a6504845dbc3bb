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
  /// - Returns: Whether the others read or write each buffer.
  private func removeUnreadSteps() -> [Bool] {
    var used = [Bool](repeating: false, count: program.slots.count)
    var live = program.slots.map { if case .output = $0.role { true } else { false } }
    var kept: [Program.Step] = []
    for step in program.steps.reversed() {
      let access = step.access
      guard access.writes.contains(where: { live[$0.id] }) else { continue }
      for buffer in access.reads {
        live[buffer.id] = true
        used[buffer.id] = true
      }
      for buffer in access.writes { used[buffer.id] = true }
      kept.append(step)
    }
    program.steps = kept.reversed()
    return used
  }

  /// The program with unread buffers left out and the bytes of constants filled in.
  func finished() -> Program {
    let used = removeUnreadSteps()
    var result = Program(inputs: program.inputs, outputs: program.outputs)
    result.assumptions = program.assumptions
    result.outputNames = program.outputNames
    var renumbered: [Buffer] = []
    for slot in program.slots {
      var role = slot.role
      renumbered.append(slot.buffer)
      switch role {
      case .input, .output: break
      default: if !used[slot.buffer.id] { continue }
      }
      if let constant = pending[slot.buffer.id] { role = .constant(constant.dense) }
      renumbered[slot.buffer.id] = result.addBuffer(
        slot.buffer.element, slot.buffer.count, role, name: slot.name, source: slot.source)
    }
    result.steps = program.steps
    if result.slots.count < program.slots.count {
      for index in result.steps.indices { result.steps[index].renumber(renumbered) }
    }
    return result
  }
}

extension Program.Step {
  /// Takes other buffers in place of its own.
  ///
  /// - Parameter buffers: The new ones, by the numbers of the old ones.
  fileprivate mutating func renumber(_ buffers: [Buffer]) {
    func map(_ buffer: Buffer) -> Buffer { buffers[buffer.id] }
    let variants = kernel.variants.map { variant in
      Kernel.Variant(
        vectorBytes: variant.vectorBytes, body: variant.body.map { $0.mapBuffers(map) })
    }
    kernel = Kernel(title: kernel.title, variants: variants)
    scratch = scratch.map(map)
    inPlace = Dictionary(
      uniqueKeysWithValues: inPlace.map { (map($0.key), $0.value.map(map)) })
  }
}
