import COnnx
import CoppiceIR

extension GraphWriter {
  /// Writes a node that a pass made, in the form that it has in the model's opset.
  func writeNew(_ id: NodeID) {
    if writeQuantized(id) { return }
    let node = graph[id]
    let schema = type(of: node.op).schema
    let newest = newestForm[schema.name] ?? schema.since
    let opset = provenance.opsets[schema.domain] ?? 0
    var attributes = node.op.attributes
    var operands = node.operands
    var isWritable = schema.domain.isEmpty && newest <= opset
    if schema.domain.isEmpty, !isWritable, let older = olderForms[schema.name],
      older.since...(newest - 1) ~= opset
    {
      isWritable = moveOperands(older, &operands, &attributes)
    }
    guard isWritable, node.blocks.isEmpty || node.op is Loop else {
      return report(
        "export-opset",
        "a pass made a \(schema.name) of opset \(newest), but the model has opset \(opset); convert "
          + "the model to opset \(newest) first", at: graph.location(id))
    }
    while operands.last == .some(nil) { operands.removeLast() }
    let proto = arena.allocate(NodeProto.self, 1)
    coppice_onnx__node_proto__init(proto)
    proto.pointee.op_type = arena.string(schema.name)
    proto.pointee.name = arena.string(label(node.name))
    for operand in operands { operand.map(define) }
    setNames(
      proto, inputs: operands.map { $0.map(name) ?? "" },
      outputs: node.results.map { $0.map(name) ?? "" })
    var written = attributes.names.compactMap { name in
      attributes[name].map { tensors.attribute(name, $0) }
    }
    if let body = node.blocks.first { written.append(bodyAttribute(body)) }
    proto.pointee.n_attribute = written.count
    proto.pointee.attribute = arena.pointers(written)
    append(proto)
  }

  /// A name for a new node that no other has: passes name what they make after what it stands for.
  func label(_ wanted: String) -> String {
    guard !wanted.isEmpty else { return wanted }
    var (name, number) = (wanted, 1)
    while !labels.insert(name).inserted {
      name = "\(wanted)/\(number)"
      number += 1
    }
    return name
  }

  func labelsOfFile() -> Set<String> {
    var found: Set<String> = []
    for id in graph.allNodes {
      guard let first = graph[id].results.compactMap({ $0 }).first,
        let source = provenance.nodes[graph[first].name], source.op == graph[id].op.name
      else { continue }
      found.insert(source.name)
    }
    return found
  }

  /// Makes attributes of operands; false if one is not known, or an attribute is newer.
  private func moveOperands(
    _ form: OlderForm, _ operands: inout [ValueID?], _ attributes: inout Attributes
  ) -> Bool {
    for name in form.absent {
      if let value = attributes.int(name), value != 0 { return false }
      attributes[name] = nil
    }
    for (index, (name, kind)) in form.moved.sorted(by: { $0.key < $1.key })
    where index < operands.count {
      guard let operand = operands[index] else { continue }
      guard let constant = graph.constant(operand),
        let attribute = tensors.attribute(name, constant, like: kind)
      else { return false }
      attributes[name] = attribute
      operands[index] = nil
    }
    return true
  }
}

/// How an operator was written before some of its attributes became operands.
private struct OlderForm {
  /// The first opset of the form.
  var since: Int
  /// The operands that were attributes.
  var moved: [Int: (String, AttributeKind)]
  /// The flags that the form does not have.
  var absent: [String] = []
}

private let olderForms: [String: OlderForm] = {
  var forms = [
    "Squeeze": OlderForm(since: 1, moved: [1: ("axes", .ints)]),
    "Unsqueeze": OlderForm(since: 1, moved: [1: ("axes", .ints)]),
    "Split": OlderForm(since: 2, moved: [1: ("split", .ints)], absent: ["num_outputs"]),
    "Clip": OlderForm(since: 6, moved: [1: ("min", .float), 2: ("max", .float)]),
    "Pad": OlderForm(since: 2, moved: [1: ("pads", .ints), 2: ("value", .float)]),
    "Dropout": OlderForm(since: 7, moved: [1: ("ratio", .float)]),
    "ReduceSum": OlderForm(
      since: 1, moved: [1: ("axes", .ints)], absent: ["noop_with_empty_axes"]),
  ]
  for name in ["Mean", "Max", "Min", "Prod", "L1", "L2", "LogSum", "LogSumExp", "SumSquare"] {
    forms["Reduce" + name] = forms["ReduceSum"]
  }
  return forms
}()

/// The opsets from which operators have the form that the graph has, where it is not their first.
private let newestForm: [String: Int] = [
  "Add": 7, "Sub": 7, "Mul": 7, "Div": 7, "Pow": 7, "And": 7, "Or": 7, "Xor": 7, "Equal": 7,
  "Less": 7, "Greater": 7, "PRelu": 9, "Gemm": 7, "BatchNormalization": 9, "Reshape": 5,
  "Concat": 4, "Cast": 6, "Clip": 11, "Pad": 11, "Slice": 10, "TopK": 10, "Resize": 11,
  "Upsample": 10, "Squeeze": 13, "Unsqueeze": 13, "Split": 13, "Dropout": 12, "ReduceSum": 13,
  "ReduceMean": 18, "ReduceMax": 18, "ReduceMin": 18, "ReduceProd": 18, "ReduceL1": 18,
  "ReduceL2": 18, "ReduceLogSum": 18, "ReduceLogSumExp": 18, "ReduceSumSquare": 18, "Softmax": 13,
  "LogSoftmax": 13, "Hardmax": 13, "Tile": 6, "Scatter": 9,
]
