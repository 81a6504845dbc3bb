import COnnx
@_spi(RawEditing) import CoppiceIR

/// Reads nodes of operators that are declared.
struct OperatorReader {
  let tensors: TensorReader
  let folder: ValueFolder
  let draft: GraphDraft
  let blocks: BlockReader
  let log: ImportLog

  private var graph: Graph { draft.graph }
  private var texts: TextReader { TextReader(draft: draft) }
  private var assumptions: AssumptionReader { AssumptionReader(draft: draft, log: log) }

  /// Adds a node: adapted to the newest form, its types inferred, its subgraphs read.
  func read(
    _ type: any Operator.Type, _ call: ForeignCall, _ scope: Scope, _ frame: Frame
  ) throws(DiagnosticMessage) {
    var foreign = ForeignNode(
      type: call.type, opset: call.opset, attributes: try attributes(call),
      operands: call.operands.map { $0.map { .value($0) } },
      operandTypes: call.operands.map { $0.map { graph[$0].type } })
    try type.schema.checkFile(foreign.attributes)
    let isText = try texts.replaceTexts(&foreign, call)
    defer { noteTexts(isText, call, scope) }
    try type.adapt(&foreign)
    try check(foreign, type.schema)
    let op = type.init(attributes: foreign.attributes)
    var operands = try operands(foreign, call, frame)
    let graphs = call.subgraphs
    guard graphs.isEmpty else {
      return try readNested(op, graphs, call, operands, foreign, scope, frame)
    }
    operands = try assumptions.assume(op, operands, call, scope, frame)
    let context = draft.context(operands, call, scope)
    let types = try resultTypes(op, context, call)
    if let folded = folder.fold(op, operands, context, types) {
      return define(folded, call, op, operands, foreign, scope, frame)
    }
    let node = draft.graph.addNode(
      op, operands, types: types, name: call.name, resultNames: call.outputs.map(frame.name),
      origin: Origin(index: call.index, type: call.type), in: frame.block)
    if op is any Expansion { return try expand(node, call, scope) }
    define(graph[node].results, call, op, operands, foreign, scope)
  }

  /// Adds a node with its subgraphs as blocks.
  private func readNested(
    _ op: any Operator, _ graphs: [UnsafeMutablePointer<GraphProto>], _ call: ForeignCall,
    _ operands: [ValueID?], _ foreign: ForeignNode, _ scope: Scope, _ frame: Frame
  ) throws(DiagnosticMessage) {
    let unknown = TensorType(.bool, [])
    let node = draft.graph.addNode(
      op, operands, types: call.outputs.map { $0.isEmpty ? nil : unknown }, name: call.name,
      resultNames: call.outputs.map(frame.name),
      origin: Origin(index: call.index, type: call.type), in: frame.block)
    var context = draft.context(operands, call, scope)
    for body in graphs {
      let block = draft.graph.addBlock(to: node)
      let outputs = try blocks.readBlock(body, block, scope, frame)
      draft.graph.setOutputs(outputs, of: block)
      context.blockResults.append(outputs.map { graph[$0].type })
    }
    let types = try resultTypes(op, context, call)
    for (result, type) in zip(graph[node].results, types) {
      if let result, let type { draft.graph.setType(result, type) }
    }
    define(graph[node].results, call, op, operands, foreign, scope)
  }

  /// Remembers that result 0, or all results of Split, are texts.
  private func noteTexts(_ areTexts: Bool, _ call: ForeignCall, _ scope: Scope) {
    guard areTexts else { return }
    for name in call.type == "Split" ? call.outputs[...] : call.outputs.prefix(1) {
      if case .value(let value)? = scope.names[name] { draft.words.values.insert(value) }
    }
  }

  /// Puts what a node stands for in its place, under the names of its results.
  private func expand(
    _ node: NodeID, _ call: ForeignCall, _ scope: Scope
  ) throws(DiagnosticMessage) {
    let results = graph[node].results
    guard let values = try draft.graph.decompose(node) else {
      throw DiagnosticMessage("contrib-form", "\(call.type) stands for nothing in this form")
    }
    for index in results.indices where results[index] != nil && values[index] == nil {
      throw DiagnosticMessage(
        "contrib-form", "result \(index) of \(call.type) is not computed; leave it out")
    }
    scope.defineResults(
      call, results.indices.map { results[$0] == nil ? nil : values[$0] }, log)
  }

  private func attributes(_ call: ForeignCall) throws(DiagnosticMessage) -> Attributes {
    var attributes = Attributes()
    for name in call.attributes.keys.sorted() {
      guard let proto = call.attributes[name] else { continue }
      attributes[name] = try tensors.attribute(proto)
    }
    return attributes
  }

  private func check(
    _ foreign: ForeignNode, _ schema: OperatorSchema
  ) throws(DiagnosticMessage) {
    guard schema.isVariadic || foreign.operands.count <= schema.operands.count else {
      throw DiagnosticMessage(
        "operand-count",
        "\(schema.name) takes at most \(schema.operands.count) operands, not "
          + "\(foreign.operands.count)")
    }
    for (index, operand) in schema.operands.enumerated() where operand.arity == .required {
      guard index < foreign.operands.count, foreign.operands[index] != nil else {
        throw DiagnosticMessage(
          "missing-operand", "operand \(index) ('\(operand.name)') is required but absent")
      }
    }
    try schema.check(foreign.attributes)
  }

  /// The operands as values: constants that adapting made, and reshaped ones, get theirs.
  private func operands(
    _ foreign: ForeignNode, _ call: ForeignCall, _ frame: Frame
  ) throws(DiagnosticMessage) -> [ValueID?] {
    var operands: [ValueID?] = []
    let prefix = frame.name(call.outputs.first { !$0.isEmpty } ?? call.name)
    for (index, operand) in foreign.operands.enumerated() {
      switch operand {
      case nil: operands.append(nil)
      case .value(let value)?:
        operands.append(try reshaped(value, foreign.padShapes[index], call, frame))
      case .constant(let constant)?:
        let name = foreign.moved[index] ?? "operand_\(index)"
        operands.append(draft.addAdapted(constant, name: "\(prefix)/\(name)"))
      }
    }
    return operands
  }

  private func reshaped(
    _ value: ValueID, _ shape: [Int]?, _ call: ForeignCall, _ frame: Frame
  ) throws(DiagnosticMessage) -> ValueID {
    guard let shape else { return value }
    let output = call.outputs.first { !$0.isEmpty } ?? call.name
    let name = "\(frame.name(output))/\(graph[value].name)"
    if let constant = graph.constant(value) {
      return draft.addAdapted(constant.reshaped(shape), name: name)
    }
    let target = draft.graph.addConstant(.indices(shape), name: name + "/shape")
    let node = draft.graph.addNode(
      Reshape(), [value, target], types: [TensorType(graph[value].type.element, shape)],
      name: name, origin: Origin(index: call.index, type: call.type), in: frame.block)
    return graph[node].result ?? value
  }

  /// The types of the results that have names, checked.
  private func resultTypes(
    _ op: any Operator, _ context: InferenceContext, _ call: ForeignCall
  ) throws(DiagnosticMessage) -> [TensorType?] {
    let inferred = try op.inferTypes(context)
    var types: [TensorType?] = []
    for (index, name) in call.outputs.enumerated() {
      guard !name.isEmpty else {
        // A surplus result without a name is no result.
        if index < inferred.count { types.append(nil) }
        continue
      }
      guard index < inferred.count else {
        throw DiagnosticMessage(
          "result-count", "\(op.name) gives \(inferred.count) results, not \(call.outputs.count)")
      }
      _ = try TensorType.checked(inferred[index].element, inferred[index].shape)
      types.append(inferred[index])
    }
    // A file may list further results without names, which no operator has.
    let schema = type(of: op).schema
    if schema.results.last?.arity != .variadic, types.count > schema.results.count {
      types.removeLast(types.count - schema.results.count)
    }
    return types
  }

  /// Names the results of a node and remembers where it came from.
  private func define(
    _ results: [ValueID?], _ call: ForeignCall, _ op: any Operator, _ operands: [ValueID?],
    _ foreign: ForeignNode, _ scope: Scope
  ) {
    scope.defineResults(call, results, log)
    guard let first = results.compactMap({ $0 }).first else { return }
    var trimmed: [Int: Int] = [:]
    for index in foreign.padShapes.keys where index < call.operands.count {
      trimmed[index] = call.operands[index].map { graph[$0].type.rank }
    }
    draft.provenance.nodes[graph[first].name] = Provenance.NodeSource(
      proto: call.proto, name: call.name, op: op.name, attributes: op.attributes,
      operands: operands.map { $0.map { graph[$0].name } },
      fileOperands: call.operands.map { $0.map { graph[$0].name } }, trimmed: trimmed,
      moved: foreign.moved, references: call.references, domain: call.domain, opset: call.opset)
  }

  /// Names results that are known already, as constants.
  private func define(
    _ folded: [Constant], _ call: ForeignCall, _ op: any Operator, _ operands: [ValueID?],
    _ foreign: ForeignNode, _ scope: Scope, _ frame: Frame
  ) {
    let results = zip(call.outputs, folded).map { name, constant -> ValueID? in
      name.isEmpty ? nil : draft.graph.addConstant(constant, name: frame.name(name))
    }
    define(results, call, op, operands, foreign, scope)
    guard let first = results.compactMap({ $0 }).first else { return }
    if let operand = operands.first, let operand, graph.constant(operand) == nil {
      draft.provenance.shapesRead[graph[operand].name] = graph[operand].type
    }
    for (result, constant) in zip(results, folded) {
      guard let result else { continue }
      draft.provenance.constants[graph[result].name] = (.node(graph[first].name), constant)
    }
  }
}
