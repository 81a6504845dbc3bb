@_spi(RawEditing) import CoppiceIR

/// The nodes around those that a rewrite changed, as a graph of their own.
struct GraphSlice {
  let graph: Graph
  /// The values of the whole graph that its inputs stand for.
  private let cut: [ValueID]

  /// Cuts a graph; `nil` if the rewrite changed no node, or if nothing would be left out.
  ///
  /// - Parameters:
  ///   - before: The whole graph before the rewrite.
  ///   - after: The same graph after it.
  ///   - reach: Steps from the changed nodes to others that are taken along.
  init?(_ before: Graph, changedIn after: Graph, reach: Int) {
    var kept = Set(before.nodes.filter { Self.isChanged($0, before, after) })
    guard !kept.isEmpty else { return nil }
    let uses = before.uses()
    for _ in 0..<reach { kept.formUnion(kept.flatMap { Self.neighbours($0, before, uses) }) }
    guard kept.count < before.nodes.count else { return nil }
    var graph = before
    var cut: [ValueID] = graph.inputs
    let outputs = Self.results(of: kept, before, uses)
    for value in Self.reads(of: kept, before) {
      let input = graph.addInput(graph[value].name, graph[value].type)
      graph.replaceUses(of: value, with: input, by: "bisect")
      cut.append(value)
    }
    graph.setOutputs(outputs)
    for id in graph.nodes.reversed() where !kept.contains(id) { graph.removeNode(id) }
    let read = graph.uses()
    for value in graph.constantValues where read[value].isEmpty { graph.removeConstant(value) }
    (graph.name, graph.source) = ("slice", "")
    self.graph = graph
    self.cut = cut
  }

  /// What the inputs hold when the whole graph runs as far as them.
  ///
  /// - Parameters:
  ///   - whole: The graph that was cut.
  ///   - inputs: Of the whole graph.
  ///   - compiler: Its limits are kept.
  /// - Returns: The elements of each input of the slice.
  /// - Throws: What answering throws.
  func inputs(_ whole: Graph, _ inputs: [Bytes], _ compiler: Compiler) throws -> [Bytes] {
    let computed = Array(cut.dropFirst(whole.inputs.count))
    if computed.isEmpty { return inputs }
    var upstream = whole
    upstream.setOutputs(computed)
    var read = Set(computed)
    for id in upstream.nodes.reversed() {
      if upstream[id].results.contains(where: { $0.map(read.contains) ?? false }) {
        read.formUnion(Self.values(readBy: id, upstream))
      } else {
        upstream.removeNode(id)
      }
    }
    return inputs + (try GraphAnswers(upstream, compiler, interpreted: nil).outputs(inputs))
  }

  private static func isChanged(_ id: NodeID, _ before: Graph, _ after: Graph) -> Bool {
    guard after.contains(id) else { return true }
    let (old, new) = (before[id], after[id])
    guard old.op.name == new.op.name, old.op.attributes == new.op.attributes,
      old.operands == new.operands, old.parent == new.parent
    else { return true }
    if old.operands.contains(where: { before.constant($0) != after.constant($0) }) { return true }
    return zip(old.blocks, new.blocks).contains { inner, other in
      !before[inner].nodes.elementsEqual(after[other].nodes)
        || before[inner].nodes.contains { isChanged($0, before, after) }
    }
  }

  private static func neighbours(_ id: NodeID, _ graph: Graph, _ uses: UseMap) -> [NodeID] {
    let above = values(readBy: id, graph).compactMap { graph.producer($0) }
    let below = graph[id].results.compactMap { $0 }.flatMap { uses.users($0) }
    return (above + below).filter { graph[$0].parent == graph.body }
  }

  /// Operands of a node and of everything in its blocks.
  private static func values(readBy id: NodeID, _ graph: Graph) -> [ValueID] {
    graph[id].operands.compactMap { $0 }
      + graph[id].blocks.flatMap { block in
        graph[block].outputs + graph[block].nodes.flatMap { values(readBy: $0, graph) }
      }
  }

  /// The values that other nodes of the body compute for some.
  private static func reads(of nodes: Set<NodeID>, _ graph: Graph) -> [ValueID] {
    var seen: Set<ValueID> = []
    return graph.nodes.filter(nodes.contains).flatMap { values(readBy: $0, graph) }.filter {
      value in
      guard let producer = graph.producer(value), graph[producer].parent == graph.body else {
        return false
      }
      return !nodes.contains(producer) && seen.insert(value).inserted
    }
  }

  /// The values of some nodes that others read, or the graph gives.
  private static func results(
    of nodes: Set<NodeID>, _ graph: Graph, _ uses: UseMap
  ) -> [ValueID] {
    let outputs = Set(graph.outputs)
    return graph.nodes.filter(nodes.contains).flatMap { graph[$0].results.compactMap { $0 } }
      .filter { value in
        outputs.contains(value) || uses.users(value).contains { !nodes.contains(top($0, graph)) }
      }
  }

  /// The node of the body that a node stands in.
  private static func top(_ id: NodeID, _ graph: Graph) -> NodeID {
    var id = id
    while let owner = graph[graph[id].parent].owner { id = owner }
    return id
  }
}
