import COnnx
import CoppiceIR

extension GraphWriter {
  /// Smaller ones are as well written out.
  private static let smallUniform = 1024

  /// Whether a constant that a pass made is large, has equal elements, and ConstantOfShape gives it.
  func isWrittenAsNode(_ constant: Constant) -> Bool {
    guard case .uniform = constant.storage, constant.type.byteCount > Self.smallUniform else {
      return false
    }
    let opset = provenance.opsets[""] ?? 0
    return opset >= (constant.type.element == .bfloat16 ? 20 : 9)
      && (constant.type.element.isNative
        || [.float16, .bfloat16].contains(constant.type.element))
  }

  /// A node that gives a constant of equal elements; its shape becomes an initializer.
  func constantOfShape(
    _ constant: Constant, _ name: String
  ) -> UnsafeMutablePointer<NodeProto> {
    let shape = uniqueName(name + "/shape")
    addsInitializers = true
    initializers.append(tensors.tensor(.indices(constant.type.shape), name: shape))
    let node = arena.allocate(NodeProto.self, 1)
    coppice_onnx__node_proto__init(node)
    node.pointee.op_type = arena.string("ConstantOfShape")
    node.pointee.name = arena.string(name)
    setNames(node, inputs: [shape], outputs: [name])
    let one = Constant(TensorType(constant.type.element, [1]), constant.storage)
    node.pointee.n_attribute = 1
    node.pointee.attribute = arena.pointers([tensors.attribute("value", .tensor(one))])
    return node
  }

  private func uniqueName(_ wanted: String) -> String {
    var name = graph.uniqueName(wanted)
    while !added.insert(name).inserted { name += "_" }
    return name
  }
}
