internal import CoppiceIR

extension Constant {
  /// The elements with the axes in another order.
  ///
  /// - Parameter order: For each new axis the old one.
  /// - Returns: The constant; `nil` for elements that are not whole bytes.
  func permuted(_ order: [Int]) -> Constant? {
    let shape = order.map { type.shape[$0] }
    let newType = TensorType(type.element, shape)
    if case .uniform = storage { return Constant(newType, storage) }
    let size = type.element.bits / 8
    guard size > 0, type.element.bits % 8 == 0 else { return nil }
    let strides = rowMajorStrides(type.shape)
    let steps = order.map { strides[$0] }
    let source = dense
    let moved = Bytes(count: type.byteCount) { out in
      source.withUnsafeBytes { bytes in
        var index = [Int](repeating: 0, count: shape.count)
        var from = 0
        for to in 0..<type.count {
          for byte in 0..<size { out[to * size + byte] = bytes[from * size + byte] }
          var axis = shape.count - 1
          while axis >= 0 {
            index[axis] += 1
            from += steps[axis]
            if index[axis] < shape[axis] { break }
            from -= index[axis] * steps[axis]
            index[axis] = 0
            axis -= 1
          }
        }
      }
    }
    return Constant(newType, .dense(moved))
  }
}
