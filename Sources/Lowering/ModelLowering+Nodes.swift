import CoppiceIR

extension ModelLowering {
  /// Lowers a node: as a view, by a fast form, or by its plain loops.
  func lower(_ id: NodeID) throws(DiagnosticMessage) {
    let node = graph[id]
    if node.op is Fused { return try lowerFused(id) }
    if lowerAsView(id) { return }
    try lower(Computation(head: id, tail: [], graph: graph), results: node.results)
  }

  private func lowerFused(_ id: NodeID) throws(DiagnosticMessage) {
    guard let block = graph[id].blocks.first, let head = graph[block].nodes.first else {
      throw DiagnosticMessage("fused-block", "a fused node needs a block with nodes")
    }
    let tail = Array(graph[block].nodes.dropFirst())
    try lower(Computation(head: head, tail: tail, graph: graph), results: graph[id].results)
  }

  /// Takes the result as a view of operand 0 where no element has to move.
  private func lowerAsView(_ id: NodeID) -> Bool {
    let node = graph[id]
    guard let source = node.operand(0), let operand = view(source) else { return false }
    guard let seen = node.op.view(of: operand, graph.inferenceContext(id)) else { return false }
    for (result, view) in zip(node.results, seen) {
      guard let result else { continue }
      if let output = placedInOutput[result] {
        guard case .output(output) = program.slots[view.buffer.id].role else { return false }
      }
      views[result] = view
    }
    return true
  }

  /// Whether nobody reads a result that the operator may have none of.
  private func isLeftOut(_ value: ValueID, _ index: Int, _ op: any Operator) -> Bool {
    let results = type(of: op).schema.results
    return index < results.count && results[index].arity == .optional && uses[value].isEmpty
  }

  /// Lowers a computation into memory for its results.
  private func lower(
    _ computation: Computation, results ids: [ValueID?]
  ) throws(DiagnosticMessage) {
    let node = graph[computation.head]
    var operands: [TensorView?] = []
    for value in node.operands { operands.append(value.flatMap { view($0) }) }
    var results: [TensorView?] = []
    for (index, value) in ids.enumerated() {
      let view = value.flatMap { isLeftOut($0, index, node.op) ? nil : allocate($0) }
      if let value, let view { views[value] = view }
      results.append(view)
    }
    guard results.contains(where: { ($0?.count ?? 0) > 0 }) else { return }
    let builder = makeBuilder(operands, results, computation)
    attachTail(computation, results, builder)
    var body: Kernel?
    for form in fastForms where body == nil {
      body = try form.kernel(computation, builder, target)
    }
    if body == nil {
      try node.op.lower(builder)
      body = Kernel(
        title: node.op.name.lowercased(), variants: [.init(body: builder.takeStatements())])
    }
    guard builder.size <= limits.expression else {
      throw DiagnosticMessage(
        "expression-size",
        "the code of \(node.op.name) has more than \(limits.expression) operations; --limit "
          + "expression=N allows more")
    }
    guard let body else { return }
    let names = ([computation.head] + computation.tail).map { graph[$0].name }
    append(body, names, builder, computation)
  }

  /// A builder whose tables and scratch memory land in this program.
  func makeBuilder(
    _ operands: [TensorView?], _ results: [TensorView?], _ computation: Computation?
  ) -> LoopBuilder {
    let node = computation.map { graph[$0.head] }
    let context = computation.map { graph.inferenceContext($0.head) }
    let builder = LoopBuilder(
      operands: operands, results: results,
      context: context ?? InferenceContext(operands: []),
      constants: node.map { $0.operands.map { graph.constant($0) } } ?? [],
      addConstant: { [unowned self] bytes, element, count, name, operand in
        let source = operand.flatMap { node?.operand($0) }
        let owner = source.map { graph[$0].name } ?? node?.name ?? ""
        return table(bytes, element, count, "\(owner) \(name)", source)
      },
      addScratch: { [unowned self] element, count, name in
        program.addBuffer(element, count, .arena, name: "\(node?.name ?? "") \(name)")
      })
    builder.sizeLimit = limits.expression
    return builder
  }

  /// Appends a step of one scalar body.
  func append(_ body: [Statement], _ title: String, _ names: [String], _ builder: LoopBuilder) {
    append(Kernel(title: title, variants: [.init(body: body)]), names, builder, nil)
  }

  private func append(
    _ kernel: Kernel, _ names: [String], _ builder: LoopBuilder, _ computation: Computation?
  ) {
    let macs = computation?.macs ?? (0, 0)
    var inPlace: [Buffer: [Buffer]] = [:]
    if let computation, let result = builder.results.first ?? nil {
      inPlace[result.buffer] = overwritable(computation, builder, result)
    }
    program.steps.append(
      Program.Step(
        kernel: guarded(kernel), nodes: names, scratch: builder.scratch, inPlace: inPlace,
        macs: macs, shapes: computation?.shapes ?? ([], [])))
  }
}
