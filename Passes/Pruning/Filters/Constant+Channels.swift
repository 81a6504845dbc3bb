import CoppiceIR

extension Constant {
  /// The elements at some indices of an axis.
  func selecting(_ indices: [Int], axis: Int) -> Constant {
    var shape = type.shape
    shape[axis] = indices.count
    var newType = TensorType(type.element, shape, quantization: type.quantization)
    if let quantization = type.quantization, quantization.axis == axis {
      newType.quantization?.scale = indices.map { quantization.scale[$0] }
      newType.quantization?.zeroPoint = indices.map { quantization.zeroPoint[$0] }
    }
    if case .uniform = storage { return Constant(newType, storage) }
    let size = type.element.bits / 8
    let inner = type.shape[(axis + 1)...].reduce(1, *) * size
    let outer = type.shape[..<axis].reduce(1, *)
    let (extent, source) = (type.shape[axis], dense)
    let bytes = Bytes(count: newType.byteCount) { out in
      source.withUnsafeBytes { raw in
        var to = 0
        for block in 0..<outer {
          for index in indices {
            let from = (block * extent + index) * inner
            let part = UnsafeRawBufferPointer(rebasing: raw[from..<(from + inner)])
            UnsafeMutableRawBufferPointer(rebasing: out[to..<(to + inner)]).copyMemory(from: part)
            to += inner
          }
        }
      }
    }
    return Constant(newType, .dense(bytes))
  }
}
