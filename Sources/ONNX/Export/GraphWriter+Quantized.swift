import COnnx
import CoppiceIR

extension GraphWriter {
  /// Writes a node on quantized tensors that a pass made, in the forms that others read: bounds as a
  /// Clip, a bias of a product by onnxruntime's QGemm, a table by Gather.
  ///
  /// - Returns: Whether it is one of those; what cannot be written is reported.
  func writeQuantized(_ id: NodeID) -> Bool {
    let node = graph[id]
    if node.op is Lookup {
      writeLookup(node)
      return true
    }
    if node.op is QLinearSoftmax, wrapsAround(node) {
      writeSoftmax(node)
      return true
    }
    let schema = type(of: node.op).schema
    let isProduct = node.op is QLinearConv || node.op is QLinearMatMul
    guard isProduct || schema.domain == Self.contributed else { return false }
    guard let result = node.result, opset >= 10 else {
      report(
        "export-opset", "a pass made a \(schema.name), but the model has opset \(opset)",
        at: graph.location(id))
      return true
    }
    for operand in node.operands { operand.map(define) }
    var inputs = node.operands.map { $0.map(name) ?? "" }
    var attributes = node.op.attributes
    for name in ["requantize", "lo", "hi"] { attributes[name] = nil }
    var form = (op: schema.name, domain: schema.domain)
    if node.op is QLinearMatMul, node.operand(8) != nil {
      let ranks = [0, 3].map { node.operand($0).map { graph[$0].type.rank } }
      guard ranks == [2, 2] else {
        report(
          "export-quantized",
          "a product of quantized tensors with a bias can only be written for matrices; prune before "
            + "fold-quantization, or leave it out", at: graph.location(id))
        return true
      }
      form = ("QGemm", Self.contributed)
      inputs[5] = zeroPoints(node) ?? inputs[5]
      inputs = Array(inputs[0..<6]) + [inputs[8]] + Array(inputs[6..<8])
    }
    while inputs.last == "" { inputs.removeLast() }
    let element = graph[result].type.element
    let bounds = (try? Requantization(node.op.settings, element))?.bounds ?? element.bytes
    let isClamped = bounds != element.bytes
    let output = isClamped ? graph.uniqueName(name(result) + "/unclamped") : name(result)
    append(
      newNode(form.op, node.name, inputs, [output], attributes, domain: form.domain))
    if isClamped { clamp(output, node, name(result), element, bounds, id) }
    return true
  }

  /// As many zero points as there are scales of the right factor, which QGemm asks for.
  private func zeroPoints(_ node: Node) -> String? {
    guard let scale = node.operand(4).map({ graph[$0].type }), let own = node.operand(5),
      scale.shape != graph[own].type.shape, let zero = graph.constant(own)?.onlyNumber
    else { return nil }
    let element = graph[own].type.element
    let name = graph.uniqueName(node.result.map { graph[$0].name + "/zero_points" } ?? "")
    addsInitializers = true
    let numbers = Bytes([UInt8](repeating: zero.byte, count: scale.count))
    initializers.append(
      tensors.tensor(Constant(TensorType(element, scale.shape), .dense(numbers)), name: name))
    return name
  }

  private static let contributed = "com.microsoft"

  private var opset: Int { provenance.opsets[""] ?? 0 }

  private func clamp(
    _ input: String, _ node: Node, _ output: String, _ element: ElementType,
    _ bounds: ClosedRange<Int>, _ id: NodeID
  ) {
    guard opset >= 12 else {
      return report(
        "export-opset",
        "a pass clamps the integers of \(node.op.name), which takes opset 12, but the model has opset "
          + "\(opset)", at: graph.location(id))
    }
    let limits = [("min", bounds.lowerBound), ("max", bounds.upperBound)].map { what, limit in
      let name = graph.uniqueName(output + "/" + what)
      addsInitializers = true
      initializers.append(tensors.tensor(.scalar(Double(limit), element), name: name))
      return name
    }
    append(newNode("Clip", node.name + "/clamp", [input] + limits, [output]))
  }

  /// Whether onnxruntime's QLinearSoftmax might lose the upper bits of a result: it does not clamp to the
  /// range, but for zero points at its lower end and scales of at least 1/256.
  private func wrapsAround(_ node: Node) -> Bool {
    guard opset >= 13, node.op.settings.int("opset") >= 13, let y = node.operand(4),
      let scale = graph.constant(node.operand(3))?.onlyNumber,
      let zero = graph.constant(y)?.onlyNumber
    else { return false }
    let range = graph[y].type.element.bytes
    return scale < 1.0 / 256 || Double(range.upperBound) - zero < (1 / scale).rounded() - 1
  }

  /// Softmax between DequantizeLinear and QuantizeLinear.
  private func writeSoftmax(_ node: Node) {
    for operand in node.operands { operand.map(define) }
    let inputs = node.operands.map { $0.map(name) ?? "" }
    guard let result = node.result.map(name) else { return }
    let (real, soft) = (graph.uniqueName(result + "/real"), graph.uniqueName(result + "/softmax"))
    append(
      newNode("DequantizeLinear", node.name, Array(inputs[0..<3]).filter { !$0.isEmpty }, [real]))
    let axis: Attributes = ["axis": .int(node.op.settings.int("axis"))]
    append(newNode("Softmax", node.name, [real], [soft], axis))
    append(newNode("QuantizeLinear", node.name, [soft, inputs[3], inputs[4]], [result]))
  }

  /// Negative indices count from the end, as the bits of an int8 do.
  private func writeLookup(_ node: Node) {
    guard let result = node.result, let x = node.operand(0), let table = node.operand(1) else {
      return
    }
    for operand in [x, table] { define(operand) }
    let indices = graph.uniqueName(name(result) + "/indices")
    append(newNode("Cast", node.name + "/indices", [name(x)], [indices], ["to": .int(6)]))
    append(newNode("Gather", node.name, [name(table), indices], [name(result)]))
  }

  private func newNode(
    _ op: String, _ label: String, _ inputs: [String], _ outputs: [String],
    _ attributes: Attributes = [:], domain: String = ""
  ) -> UnsafeMutablePointer<NodeProto> {
    let proto = arena.allocate(NodeProto.self, 1)
    coppice_onnx__node_proto__init(proto)
    proto.pointee.op_type = arena.string(op)
    proto.pointee.name = arena.string(self.label(label))
    if !domain.isEmpty {
      proto.pointee.domain = arena.string(domain)
      newDomains.insert(domain)
    }
    setNames(proto, inputs: inputs, outputs: outputs)
    let written = attributes.names.compactMap { name in
      attributes[name].map { tensors.attribute(name, $0) }
    }
    proto.pointee.n_attribute = written.count
    proto.pointee.attribute = arena.pointers(written)
    return proto
  }

  /// Imports the domains of new nodes that the model does not import yet.
  func importDomains(_ model: UnsafeMutablePointer<ModelProto>) {
    let missing = newDomains.subtracting(provenance.opsets.keys).sorted()
    guard !missing.isEmpty else { return }
    var imports = messages(model.pointee.opset_import, model.pointee.n_opset_import)
    for domain in missing {
      let entry = arena.allocate(CoppiceOnnx__OperatorSetIdProto.self, 1)
      coppice_onnx__operator_set_id_proto__init(entry)
      entry.pointee.domain = arena.string(domain)
      entry.pointee.has_version = 1
      entry.pointee.version = 1
      imports.append(entry)
    }
    model.pointee.n_opset_import = imports.count
    model.pointee.opset_import = arena.pointers(imports)
  }
}

extension Double {
  /// An 8-bit integer as its bits.
  fileprivate var byte: UInt8 { UInt8(truncatingIfNeeded: Int(self)) }
}
