import COnnx
import CoppiceIR

extension TensorReader {
  private static let largestExpanded = 1 << 28

  /// The constant that a sparse tensor is, spread out.
  ///
  /// Indices are flat (`[n]`) or coordinates (`[n, rank]`), ascending.
  func constant(
    _ sparse: UnsafeMutablePointer<SparseTensorProto>
  ) throws(DiagnosticMessage) -> Constant {
    guard let valuesTensor = sparse.pointee.values else {
      throw DiagnosticMessage("sparse-tensor", "a sparse tensor has no values")
    }
    let values = try constant(valuesTensor)
    let name = text(valuesTensor.pointee.name)
    let dims = list(sparse.pointee.dims, sparse.pointee.n_dims).map(Int.init)
    let type = try TensorType.checked(values.type.element, dims)
    let width = type.element.bits / 8
    guard values.type.rank == 1, width > 0 else {
      throw DiagnosticMessage("sparse-tensor", "sparse tensor '\(name)' has values \(values.type)")
    }
    if values.type.count == 0 {
      let zero = Bytes([UInt8](repeating: 0, count: width))
      return Constant(type, .uniform(zero))
    }
    guard type.byteCount <= Self.largestExpanded else {
      throw DiagnosticMessage(
        "sparse-tensor", "sparse tensor '\(name)' of type \(type) is too large")
    }
    let flat = try positions(sparse, type, values.type.count, name)
    let bytes = Bytes(count: type.byteCount) { out in
      values.dense.withUnsafeBytes { elements in
        for (index, position) in flat.enumerated() {
          for byte in 0..<width { out[position * width + byte] = elements[index * width + byte] }
        }
      }
    }
    return Constant(type, .dense(bytes))
  }

  private func positions(
    _ sparse: UnsafeMutablePointer<SparseTensorProto>, _ type: TensorType, _ count: Int,
    _ name: String
  ) throws(DiagnosticMessage) -> [Int] {
    guard let tensor = sparse.pointee.indices else {
      throw DiagnosticMessage("sparse-tensor", "sparse tensor '\(name)' has no indices")
    }
    let indices = try constant(tensor)
    guard indices.type.element == .int64, let numbers = indices.integers,
      indices.type.shape == [count] || indices.type.shape == [count, type.rank]
    else {
      throw DiagnosticMessage(
        "sparse-tensor", "sparse tensor '\(name)' has indices \(indices.type) for \(count) values")
    }
    let strides = indices.type.rank == 1 ? [1] : rowMajorStrides(type.shape)
    let extents = indices.type.rank == 1 ? [type.count] : type.shape
    var flat: [Int] = []
    for entry in 0..<count {
      var position = 0
      for axis in extents.indices {
        let index = numbers[entry * extents.count + axis]
        guard index >= 0, index < extents[axis] else {
          throw DiagnosticMessage(
            "sparse-tensor", "sparse tensor '\(name)' has an index \(index) outside of \(type)")
        }
        position += index * strides[axis]
      }
      flat.append(position)
    }
    return flat
  }
}
