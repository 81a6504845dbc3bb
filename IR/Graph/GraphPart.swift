/// Some of a model's nodes as a graph of its own.
package struct GraphPart {
  package private(set) var graph: Graph
  /// The values of the model that the part's inputs stand for, in their order.
  package private(set) var inputs: [ValueID] = []
  private var copies: [ValueID: ValueID] = [:]

  /// Copies nodes; what they read and do not compute becomes an input.
  ///
  /// - Parameters:
  ///   - nodes: Nodes of the model's body, in order.
  ///   - model: The whole model.
  ///   - outputs: Results of those nodes.
  /// - Complexity: O(nodes); constants are shared.
  package init(_ nodes: some Sequence<NodeID>, of model: Graph, giving outputs: [ValueID]) {
    graph = Graph(name: model.name, source: model.source)
    graph.opset = model.opset
    for node in nodes { copy(node, of: model, to: graph.body) }
    graph.setOutputs(outputs.map { value($0, of: model) })
  }

  private mutating func copy(_ id: NodeID, of model: Graph, to block: BlockID) {
    let node = model[id]
    let operands = node.operands.map { operand in operand.map { value($0, of: model) } }
    let new = graph.addNode(
      node.op, operands, types: node.results.map { result in result.map { model[$0].type } },
      name: node.name,
      resultNames: node.results.map { result in result.map { model[$0].name } ?? "" },
      origin: node.origin, trail: node.trail, in: block)
    for (old, new) in zip(node.results, graph[new].results) {
      if let old, let new { copies[old] = new }
    }
    for inner in node.blocks { copy(inner, of: model, to: graph.addBlock(to: new)) }
  }

  private mutating func copy(_ block: BlockID, of model: Graph, to new: BlockID) {
    for input in model[block].inputs {
      copies[input] = graph.addInput(model[input].name, model[input].type, to: new)
    }
    for node in model[block].nodes { copy(node, of: model, to: new) }
    graph.setOutputs(model[block].outputs.map { value($0, of: model) }, of: new)
  }

  private mutating func value(_ old: ValueID, of model: Graph) -> ValueID {
    if let copy = copies[old] { return copy }
    let new: ValueID
    if let constant = model.constant(old) {
      new = graph.addConstant(constant, name: model[old].name)
    } else {
      new = graph.addInput(model[old].name, model[old].type)
      inputs.append(old)
    }
    copies[old] = new
    return new
  }
}
