import COnnx

/// Puts nodes in an order in which every value is computed before it is read.
///
/// Nodes that are in order already keep theirs; of several that could be next, the first in the
/// file is.
///
/// - Returns: The positions in order, and the positions of nodes that wait for each other.
func topologicalOrder(
  _ nodes: [UnsafeMutablePointer<NodeProto>]
) -> (order: [Int], cyclic: [Int]) {
  var producer: [String: Int] = [:]
  for (index, node) in nodes.enumerated() {
    for name in texts(node.pointee.output, node.pointee.n_output) where !name.isEmpty {
      producer[name] = producer[name] ?? index
    }
  }
  let needs = nodes.map { node in Set(reads(node).compactMap { producer[$0] }) }
  if needs.enumerated().allSatisfy({ index, list in list.allSatisfy { $0 < index } }) {
    return (Array(nodes.indices), [])
  }
  return sorted(needs)
}

private func sorted(_ needs: [Set<Int>]) -> (order: [Int], cyclic: [Int]) {
  var missing = needs.map(\.count)
  var readers = [[Int]](repeating: [], count: needs.count)
  for (index, list) in needs.enumerated() {
    for producer in list.sorted() { readers[producer].append(index) }
  }
  var ready = missing.indices.filter { missing[$0] == 0 }
  var order: [Int] = []
  while order.count < ready.count {
    let next = ready[order.count]
    order.append(next)
    for reader in readers[next] {
      missing[reader] -= 1
      if missing[reader] == 0 { ready.append(reader) }
    }
  }
  return (order, missing.indices.filter { missing[$0] > 0 })
}

/// The names that a node reads, in its subgraphs too but for what they define themselves.
///
/// The depth of subgraphs is limited by the scan of the file.
private func reads(_ node: UnsafeMutablePointer<NodeProto>) -> [String] {
  var names = texts(node.pointee.input, node.pointee.n_input)
  let isGradient = text(node.pointee.op_type) == "Gradient"
  for attribute in messages(node.pointee.attribute, node.pointee.n_attribute) {
    for graph in subgraphs(attribute) { names += reads(graph.pointee) }
    if isGradient { names += valuesNamed(by: attribute.pointee) }
  }
  return names
}

private func name(_ bytes: ProtobufCBinaryData) -> String {
  String(decoding: UnsafeBufferPointer(start: bytes.data, count: bytes.len), as: UTF8.self)
}

/// The values that an attribute of Gradient names.
func valuesNamed(by attribute: AttributeProto) -> [String] {
  let list = (0..<attribute.n_strings).map { name(attribute.strings[$0]) }
  return attribute.has_s != 0 ? list + [name(attribute.s)] : list
}

private func reads(_ graph: GraphProto) -> [String] {
  let nodes = messages(graph.node, graph.n_node)
  var own = Set(messages(graph.input, graph.n_input).map { text($0.pointee.name) })
  own.formUnion(messages(graph.initializer, graph.n_initializer).map { text($0.pointee.name) })
  for node in nodes { own.formUnion(texts(node.pointee.output, node.pointee.n_output)) }
  let outputs = messages(graph.output, graph.n_output).map { text($0.pointee.name) }
  return (nodes.flatMap(reads) + outputs).filter { !own.contains($0) }
}

/// The graphs that an attribute holds.
func subgraphs(
  _ attribute: UnsafeMutablePointer<AttributeProto>
) -> [UnsafeMutablePointer<GraphProto>] {
  [attribute.pointee.g].compactMap { $0 }
    + messages(attribute.pointee.graphs, attribute.pointee.n_graphs)
}
