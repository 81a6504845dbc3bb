import COnnx
import CoppiceIR

extension GraphWriter {
  /// Whether the nodes that gave a constant at import may be written again for it.
  ///
  /// A Constant node may. Shape arithmetic may in the outermost graph, while the shapes that it
  /// reads are what they were.
  func isReproducible(_ key: String) -> Bool {
    var pending = [key]
    while let key = pending.popLast() {
      guard let source = provenance.nodes[key], value(named: key) != nil else { return false }
      if source.op == "Constant" { continue }
      guard lists.count == 1, source.moved.isEmpty, source.trimmed.isEmpty else { return false }
      for name in source.operands {
        guard let name else { continue }
        guard let operand = value(named: name) else { return false }
        if graph.constant(operand) == nil {
          guard provenance.shapesRead[name] == graph[operand].type else { return false }
        } else if case .node(let inner)? = provenance.constants[name]?.source {
          guard provenance.constants[name]?.value == graph.constant(operand) else { return false }
          pending.append(inner)
        }
      }
    }
    return true
  }

  /// Writes the nodes that gave a constant at import, and before them those that they read.
  func rewrite(_ key: String) {
    guard let source = provenance.nodes[key] else { return }
    var inputs: [String] = []
    for operand in source.operands {
      guard let operand, let value = value(named: operand) else {
        inputs.append("")
        continue
      }
      define(value)
      inputs.append(name(value))
    }
    while inputs.last == "" { inputs.removeLast() }
    let proto = copy(source)
    let siblings = results(of: key)
    for sibling in siblings { if let sibling { written.insert(sibling) } }
    setNames(proto, inputs: inputs, outputs: siblings.map { $0.map(name) ?? "" })
    append(proto)
  }

  /// The values that a folded node gave, in the order of its results.
  private func results(of key: String) -> [ValueID?] {
    guard let source = provenance.nodes[key], let first = value(named: key) else { return [] }
    let outputs = texts(source.proto.pointee.output, source.proto.pointee.n_output)
    if outputs.count == 1 { return [first] }
    let siblings = graph.constantValues.filter { value in
      guard case .node(let owner)? = provenance.constants[graph[value].name]?.source else {
        return false
      }
      return owner == key
    }
    var rest = siblings[...]
    return outputs.map { $0.isEmpty ? nil : rest.popFirst() }
  }
}
