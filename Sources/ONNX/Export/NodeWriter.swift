import COnnx
import CoppiceIR

extension GraphWriter {
  /// Writes the nodes of a block to the innermost list.
  func writeNodes(of block: BlockID) {
    for id in graph[block].nodes {
      let node = graph[id]
      let first = node.results.compactMap { $0 }.first
      let named = first.flatMap { provenance.nodes[graph[$0].name] }
      if let source = named?.op == node.op.name ? named : foreignSource(node) {
        write(id, source)
      } else if node.results.contains(where: { $0.map(needed.contains) ?? false }) {
        writeNew(id)
      }
    }
  }

  /// The node of the file, of an operator that is not ONNX's, whose result got another name.
  ///
  /// Nodes of other domains are never made anew, so that the name tells which it is.
  private func foreignSource(_ node: Node) -> Provenance.NodeSource? {
    let domain = type(of: node.op).schema.domain
    guard !domain.isEmpty else { return nil }
    return provenance.nodes.values.first {
      $0.name == node.name && $0.op == node.op.name && $0.domain == domain
    }
  }

  /// The values read by nodes that are written; nodes made while adapting may not be read any more.
  func neededWithoutSource() -> Set<ValueID> {
    var needed = Set(graph.outputs)
    for id in graph.allNodes {
      let node = graph[id]
      for block in node.blocks { needed.formUnion(graph[block].outputs) }
      let first = node.results.compactMap { $0 }.first
      let source = first.flatMap { provenance.nodes[graph[$0].name] }
      for (index, operand) in node.operands.enumerated() {
        guard let operand else { continue }
        if let source, source.op == node.op.name, isUntouched(operand, index, source) { continue }
        needed.insert(operand)
      }
    }
    return needed
  }

  /// Whether an operand that was reshaped at import is still the one that was made then.
  private func isUntouched(
    _ operand: ValueID, _ index: Int, _ source: Provenance.NodeSource
  ) -> Bool {
    source.trimmed[index] != nil && index < source.operands.count
      && source.operands[index] == graph[operand].name && graph.constant(operand) == nil
  }

  private func write(_ id: NodeID, _ source: Provenance.NodeSource) {
    let node = graph[id]
    let proto = copy(source)
    var changes: [String: Attribute?] = [:]
    for name in Set(node.op.attributes.names + source.attributes.names) where name != "requantize" {
      let value = node.op.attributes[name]
      if value != source.attributes[name] { changes.updateValue(value, forKey: name) }
    }
    var inputs: [String] = []
    for (index, operand) in node.operands.enumerated() {
      if let name = source.moved[index] {
        noteMoved(operand, name, source, &changes)
        continue
      }
      inputs.append(operand.map { input($0, index, source) } ?? "")
    }
    while inputs.last == "" { inputs.removeLast() }
    setNames(proto, inputs: inputs, outputs: node.results.map { $0.map(name) ?? "" })
    if source.opset != provenance.opsets[source.domain] {
      report(
        "export-opset", "comes from a function of opset \(source.opset), which the model is not",
        at: graph.location(id))
    }
    setAttributes(proto, changes, source)
    writeBlocks(of: id, proto)
    append(proto)
  }

  /// The node of the file; copies of an expanded body have names of their own.
  func copy(_ source: Provenance.NodeSource) -> UnsafeMutablePointer<NodeProto> {
    let proto = arena.copy(source.proto.pointee)
    let name = text(proto.pointee.name)
    if !name.isEmpty, name != source.name { proto.pointee.name = arena.string(source.name) }
    return proto
  }

  /// An operand that the file has as an attribute: its new elements, if it has any.
  private func noteMoved(
    _ operand: ValueID?, _ name: String, _ source: Provenance.NodeSource,
    _ changes: inout [String: Attribute?]
  ) {
    guard let operand, let constant = graph.constant(operand) else { return }
    if let origin = provenance.constants[graph[operand].name], origin.value == constant { return }
    let original = messages(source.proto.pointee.attribute, source.proto.pointee.n_attribute)
      .first { text($0.pointee.name) == name }
    let kind = original.flatMap { AttributeKind($0.pointee) }
    if let attribute = tensors.attribute(name, constant, like: kind) { changes[name] = attribute }
  }

  /// The name of an operand, whose definition is written if it is a constant.
  private func input(
    _ operand: ValueID, _ index: Int, _ source: Provenance.NodeSource
  ) -> String {
    guard let rank = source.trimmed[index], index < source.fileOperands.count,
      let original = source.fileOperands[index]
    else {
      define(operand)
      return name(operand)
    }
    if let constant = graph.constant(operand) {
      if let origin = provenance.constants[graph[operand].name], origin.value == constant,
        let value = value(named: original)
      {
        define(value)
        return name(value)
      }
      let trimmed = constant.reshaped(Array(constant.type.shape.prefix(rank)))
      let name = name(operand)
      if written.insert(operand).inserted {
        addsInitializers = true
        initializers.append(tensors.tensor(trimmed, name: name))
      }
      return name
    }
    if isUntouched(operand, index, source), let value = value(named: original) {
      return name(value)
    }
    define(operand)
    return name(operand)
  }

  func append(_ proto: UnsafeMutablePointer<NodeProto>) {
    lists[lists.count - 1].append(proto)
  }

  private func setAttributes(
    _ proto: UnsafeMutablePointer<NodeProto>, _ changes: [String: Attribute?],
    _ source: Provenance.NodeSource
  ) {
    var attributes: [UnsafeMutablePointer<AttributeProto>] = []
    var left = changes
    for attribute in messages(source.proto.pointee.attribute, source.proto.pointee.n_attribute) {
      let name = text(attribute.pointee.name)
      if let change = left.removeValue(forKey: name) {
        if let value = change { attributes.append(tensors.attribute(name, value)) }
      } else if let outer = source.references[name] {
        let copy = arena.copy(outer.pointee)
        copy.pointee.name = attribute.pointee.name
        attributes.append(copy)
      } else if text(attribute.pointee.ref_attr_name).isEmpty {
        attributes.append(attribute)
      }
    }
    for name in left.keys.sorted() {
      if case .some(.some(let value)) = left[name] {
        attributes.append(tensors.attribute(name, value))
      }
    }
    proto.pointee.n_attribute = attributes.count
    proto.pointee.attribute = arena.pointers(attributes)
  }
}
