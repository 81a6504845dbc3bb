import COnnx
import CoppiceIR

/// Makes tensors for constants; their payloads are written from the constants later.
final class TensorWriter {
  /// The constants whose bytes are payloads, by source number less one.
  private(set) var sources: [Constant] = []
  let arena: Arena
  private var largest: (name: String, type: TensorType)?
  private var byteCount = 0

  init(_ arena: Arena) { self.arena = arena }

  /// Why the tensors are not written: they take too many bytes more than those that were read.
  func excess(over before: Int, _ limit: Int) -> DiagnosticMessage? {
    guard let largest, !(0...before.addingReportingOverflow(limit).partialValue ~= byteCount) else {
      return nil
    }
    return DiagnosticMessage(
      "export-bytes",
      "the model would be written with \(byteCount) bytes of constants, more than \(limit) beyond "
        + "the \(before) that were read; --limit export-bytes=N allows more",
      notes: ["the largest is '\(largest.name)', \(largest.type)"])
  }

  /// A tensor that holds a constant; `original` lends its documentation and unknown fields.
  func tensor(
    _ constant: Constant, name: String, like original: UnsafeMutablePointer<TensorProto>? = nil
  ) -> UnsafeMutablePointer<TensorProto> {
    let tensor: UnsafeMutablePointer<TensorProto>
    if let original {
      tensor = arena.copy(original.pointee)
      clear(tensor)
    } else {
      tensor = arena.allocate(TensorProto.self, 1)
      coppice_onnx__tensor_proto__init(tensor)
    }
    if original == nil || text(tensor.pointee.name) != name {
      tensor.pointee.name = arena.string(name)
    }
    tensor.pointee.n_dims = constant.type.rank
    tensor.pointee.dims = arena.array(constant.type.shape.map(Int64.init))
    tensor.pointee.has_data_type = 1
    tensor.pointee.data_type = constant.type.element.onnx
    sources.append(constant)
    byteCount = byteCount.addingReportingOverflow(constant.type.byteCount).partialValue
    if constant.type.byteCount > largest?.type.byteCount ?? 0 { largest = (name, constant.type) }
    tensor.pointee.detached = reference(source: sources.count, length: constant.type.byteCount)
    return tensor
  }

  /// Removes the elements; external data stays external, to be moved when it is written.
  private func clear(_ tensor: UnsafeMutablePointer<TensorProto>) {
    tensor.pointee.n_float_data = 0
    tensor.pointee.n_double_data = 0
    tensor.pointee.n_int32_data = 0
    tensor.pointee.n_int64_data = 0
    tensor.pointee.n_uint64_data = 0
    tensor.pointee.n_string_data = 0
    tensor.pointee.n_external_data = 0
    tensor.pointee.has_raw_data = 0
  }

  /// A stand-in for a payload, as `raw_data`.
  private func reference(
    source: Int, length: Int
  ) -> UnsafeMutablePointer<CoppiceOnnx__TensorProto__Detached> {
    let detached = arena.allocate(CoppiceOnnx__TensorProto__Detached.self, 1)
    coppice_onnx__tensor_proto__detached__init(detached)
    detached.pointee.has_field = 1
    detached.pointee.field = 9
    detached.pointee.has_source = 1
    detached.pointee.source = UInt32(source)
    detached.pointee.has_offset = 1
    detached.pointee.has_length = 1
    detached.pointee.length = UInt64(length)
    return detached
  }

  /// A value's declaration; without a shape where dimensions may be dynamic in the model.
  func valueInfo(
    _ name: String, _ type: TensorType, isShaped: Bool = true
  ) -> UnsafeMutablePointer<ValueInfoProto> {
    let info = arena.allocate(ValueInfoProto.self, 1)
    coppice_onnx__value_info_proto__init(info)
    let outer = arena.allocate(TypeProto.self, 1)
    coppice_onnx__type_proto__init(outer)
    let tensor = arena.allocate(CoppiceOnnx__TypeProto__Tensor.self, 1)
    coppice_onnx__type_proto__tensor__init(tensor)
    let shape = arena.allocate(CoppiceOnnx__TensorShapeProto.self, 1)
    coppice_onnx__tensor_shape_proto__init(shape)
    let dims = type.shape.map { extent in
      let dim = arena.allocate(CoppiceOnnx__TensorShapeProto__Dimension.self, 1)
      coppice_onnx__tensor_shape_proto__dimension__init(dim)
      dim.pointee.has_dim_value = 1
      dim.pointee.dim_value = Int64(extent)
      return dim
    }
    shape.pointee.n_dim = dims.count
    shape.pointee.dim = arena.pointers(dims)
    tensor.pointee.has_elem_type = 1
    tensor.pointee.elem_type = type.element.onnx
    tensor.pointee.shape = isShaped ? shape : nil
    outer.pointee.tensor_type = tensor
    info.pointee.name = arena.string(name)
    info.pointee.type = outer
    return info
  }
}
