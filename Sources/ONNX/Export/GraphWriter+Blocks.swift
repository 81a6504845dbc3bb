import COnnx
import CoppiceIR

extension GraphWriter {
  /// Puts the blocks of a node in the place of the subgraphs in its attributes.
  func writeBlocks(of id: NodeID, _ proto: UnsafeMutablePointer<NodeProto>) {
    var blocks = graph[id].blocks[...]
    guard !blocks.isEmpty else { return }
    var attributes = messages(proto.pointee.attribute, proto.pointee.n_attribute)
    let order = attributes.indices.sorted { left, right in
      key(attributes[left]) < key(attributes[right])
    }
    for index in order where attributes[index].pointee.g != nil {
      guard let original = attributes[index].pointee.g, let block = blocks.popFirst() else {
        continue
      }
      attributes[index] = arena.copy(attributes[index].pointee)
      attributes[index].pointee.g = subgraph(original.pointee, block)
    }
    proto.pointee.attribute = arena.pointers(attributes)
  }

  private func key(_ attribute: UnsafeMutablePointer<AttributeProto>) -> String {
    let name = text(attribute.pointee.name)
    return name == "then_branch" ? "" : name
  }

  private func subgraph(
    _ original: GraphProto, _ block: BlockID
  ) -> UnsafeMutablePointer<GraphProto> {
    let copy = arena.copy(original)
    lists.append([])
    writeNodes(of: block)
    for output in graph[block].outputs { define(output) }
    let nodes = lists.removeLast()
    copy.pointee.n_node = nodes.count
    copy.pointee.node = arena.pointers(nodes)
    copy.pointee.n_initializer = 0
    copy.pointee.n_sparse_initializer = 0
    copy.pointee.n_value_info = 0
    copy.pointee.n_quantization_annotation = 0
    let inputs = graph[block].inputs.map { tensors.valueInfo(name($0), graph[$0].type) }
    let outputs = graph[block].outputs.map {
      tensors.valueInfo(name($0), graph[$0].type, isShaped: false)
    }
    copy.pointee.n_input = inputs.count
    copy.pointee.input = arena.pointers(inputs)
    copy.pointee.n_output = outputs.count
    copy.pointee.output = arena.pointers(outputs)
    return copy
  }
}

extension GraphWriter {
  /// The body of a loop that the file has otherwise.
  func bodyAttribute(_ block: BlockID) -> UnsafeMutablePointer<AttributeProto> {
    let graph = arena.allocate(GraphProto.self, 1)
    coppice_onnx__graph_proto__init(graph)
    graph.pointee.name = arena.string("body")
    let attribute = arena.allocate(AttributeProto.self, 1)
    coppice_onnx__attribute_proto__init(attribute)
    attribute.pointee.name = arena.string("body")
    attribute.pointee.has_type = 1
    attribute.pointee.type = AttributeKind.graph.rawValue
    attribute.pointee.g = subgraph(graph.pointee, block)
    return attribute
  }
}
