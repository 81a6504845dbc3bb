import CoppiceIR

extension ModelLowering {
  /// Lowers a node: as a view, or by the form with the least cost.
  func lower(_ id: NodeID) throws(DiagnosticMessage) {
    try checkTypes(of: id)
    if graph[id].op is Loop { return try lowerTurns(id) }
    if !(graph[id].op is Fused), lowerAsView(id) { return }
    guard let computation = graph.computation(id) else {
      throw DiagnosticMessage("fused-block", "a fused node needs a block with nodes")
    }
    try lower(computation, id)
  }

  /// Kernels hold and move real numbers and bool only.
  private func checkTypes(of id: NodeID) throws(DiagnosticMessage) {
    for case let value? in graph[id].results where !graph[value].type.element.isComputable {
      throw DiagnosticMessage(
        "element-type",
        "the result of \(graph[id].op.name) is \(graph[value].type); texts and complex numbers are compiled only "
          + "where they are known")
    }
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
    return index < results.count && results[index].arity == .optional
      && graph.uses(of: value).isEmpty
  }

  /// Lowers a computation into memory for its results.
  private func lower(_ computation: Computation, _ id: NodeID) throws(DiagnosticMessage) {
    let node = graph[computation.head]
    for case let value? in node.operands { _ = view(value) }
    for (index, value) in graph[id].results.enumerated() {
      guard let value, !isLeftOut(value, index, node.op) else { continue }
      views[value] = allocate(value)
    }
    let site = Site(
      computation, results: graph[id].results, counter, planes: { self.planes($0) }
    ) { view($0) }
    guard site.results.contains(where: { ($0?.count ?? 0) > 0 }) else { return }
    let plan = try self.plan(site)
    forms[id] = plan.form
    explain?(site, plan)
    guard builds else { return }
    let builder = makeBuilder(site.operands, site.results, computation, site.constants)
    attachTail(computation, site.results, builder)
    let names = ([computation.head] + computation.tail).map { graph[$0].name }
    var kernel = try plan.emit(builder)
    clearMargins(graph[id].results, &kernel, builder)
    guard builder.size <= limits.expression else {
      throw DiagnosticMessage(
        "expression-size",
        "the code of \(node.op.name) has more than \(limits.expression) operations; --limit "
          + "expression=N allows more")
    }
    append(kernel, names, plan.form, builder, computation)
  }

  /// The planes that a value lies in.
  private func planes(_ value: ValueID) -> PlaneShape? {
    placedInOutput[value] == nil ? layouts[value]?.planes : nil
  }

  /// Zeros what must be zero around the planes of results, after all else is stored.
  private func clearMargins(_ results: [ValueID?], _ kernel: inout Kernel, _ builder: LoopBuilder) {
    for case let value? in results {
      guard let view = views[value] else { continue }
      let clearing = builder.block { clearMargins(of: value, view, builder) }
      for variant in kernel.variants.indices { kernel.variants[variant].body += clearing }
    }
  }

  /// Zeros what must be zero around the planes of a value.
  func clearMargins(of value: ValueID, _ view: TensorView, _ builder: LoopBuilder) {
    guard let planes = planes(value), view.count > 0 else { return }
    planes.clear(view.buffer, channels: view.shape[1], images: view.shape[0], builder)
  }

  /// The plan for a site, noted for each of its weights.
  private func plan(_ site: Site) throws(DiagnosticMessage) -> Plan {
    let node = graph[site.computation.head]
    let weight = site.weightOperand.flatMap { node.operand($0) }
    guard let plan = site.best(weight.map { storage($0) } ?? .dense, target) else {
      throw .fault("no kernel form applies to \(node.op.name)")
    }
    for operand in node.op.weightOperands {
      guard let value = node.operand(operand), graph.constant(value) != nil else { continue }
      let own = operand == site.weightOperand ? plan : site.reading(operand, storage(value), target)
      if let own { planned.add(own, of: value) }
    }
    return plan
  }

  /// A builder whose tables and scratch memory land in this program.
  func makeBuilder(
    _ operands: [TensorView?], _ results: [TensorView?], _ computation: Computation?,
    _ constants: [Constant?] = []
  ) -> LoopBuilder {
    let node = computation.map { graph[$0.head] }
    let context = computation.map { graph.inferenceContext($0.head) }
    let builder = LoopBuilder(
      operands: operands, results: results,
      context: context ?? InferenceContext(operands: []),
      constants: constants,
      addConstant: { [unowned self] bytes, element, count, name, operand in
        let source = operand.flatMap { node?.operand($0) }
        let owner = source.map { graph[$0].name } ?? node?.name ?? ""
        return table(bytes, element, count, "\(owner) \(name)", source)
      },
      addScratch: { [unowned self] element, count, name in
        program.addBuffer(element, count, .arena, name: "\(node?.name ?? "") \(name)")
      })
    builder.sizeLimit = limits.expression
    builder.nextVariable = freeVariable
    return builder
  }

  /// Appends a step of one scalar body.
  func append(_ body: [Statement], _ title: String, _ names: [String], _ builder: LoopBuilder) {
    append(Kernel(title: title, variants: [.init(body: body)]), names, title, builder, nil)
  }

  /// Inside of loops the kernels become one, so that their variables must be distinct.
  private func noteVariables(of builder: LoopBuilder) {
    freeVariable = depthOfLoops > 0 ? builder.nextVariable : 0
  }

  private func append(
    _ kernel: Kernel, _ names: [String], _ form: String, _ builder: LoopBuilder,
    _ computation: Computation?
  ) {
    noteVariables(of: builder)
    let macs = computation?.macs ?? (0, 0)
    var inPlace: [Buffer: [Buffer]] = [:]
    if let computation, let result = builder.results.first ?? nil {
      inPlace[result.buffer] = overwritable(computation, builder, result)
    }
    program.steps.append(
      Program.Step(
        kernel: guarded(kernel), nodes: names, scratch: builder.scratch, inPlace: inPlace,
        macs: macs, shapes: computation?.shapes ?? ([], []),
        operators: computation?.operators ?? [], form: form))
  }
}
