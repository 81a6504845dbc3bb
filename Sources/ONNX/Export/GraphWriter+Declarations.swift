import COnnx
import CoppiceIR

extension GraphWriter {
  /// Keeps the declarations that still hold: inputs, types of values, annotations.
  func writeDeclarations(_ original: GraphProto, to new: UnsafeMutablePointer<GraphProto>) {
    let inputs = messages(original.input, original.n_input).compactMap(input)
    new.pointee.n_input = inputs.count
    new.pointee.input = arena.pointers(inputs)
    let infos = messages(original.value_info, original.n_value_info).filter(holds)
    new.pointee.n_value_info = infos.count
    new.pointee.value_info = arena.pointers(infos)
    let annotations = messages(
      original.quantization_annotation, original.n_quantization_annotation
    ).filter { value(named: text($0.pointee.tensor_name)) != nil }
    new.pointee.n_quantization_annotation = annotations.count
    new.pointee.quantization_annotation = arena.pointers(annotations)
  }

  /// An input's declaration; for an initializer listed as one, that of its new type.
  private func input(
    _ info: UnsafeMutablePointer<ValueInfoProto>
  ) -> UnsafeMutablePointer<ValueInfoProto>? {
    let name = text(info.pointee.name)
    // What is no value of the graph any more was an initializer that a pass took up.
    guard let value = value(named: name) else { return nil }
    if case .input = graph[value].definition { return info }
    guard let constant = graph.constant(value), written.contains(value) else { return nil }
    return holds(info) ? info : tensors.valueInfo(name, constant.type)
  }

  /// Whether a declaration agrees with the value's type now.
  private func holds(_ info: UnsafeMutablePointer<ValueInfoProto>) -> Bool {
    guard let value = value(named: text(info.pointee.name)), renamed[value] == nil else {
      return false
    }
    guard let shape = info.pointee.type?.pointee.tensor_type?.pointee.shape else { return true }
    let dims = messages(shape.pointee.dim, shape.pointee.n_dim)
    let type = graph[value].type
    return dims.count == type.rank
      && zip(dims, type.shape).allSatisfy { dim, extent in
        dim.pointee.has_dim_value == 0 || Int(dim.pointee.dim_value) == extent
      }
  }
}
