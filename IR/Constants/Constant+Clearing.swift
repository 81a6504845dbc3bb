extension Constant {
  /// The elements with +0 at some indices of an axis, in dense storage.
  ///
  /// - Parameters:
  ///   - indices: Within the extent of the axis.
  ///   - axis: The axis.
  /// - Returns: The constant; elements are of whole bytes.
  package func clearing(_ indices: [Int], axis: Int) -> Constant {
    let size = type.element.bits / 8
    let inner = type.shape[(axis + 1)...].reduce(1, *) * size
    let outer = type.shape[..<axis].reduce(1, *)
    let (extent, source) = (type.shape[axis], dense)
    let bytes = Bytes(count: source.count) { out in
      source.withUnsafeBytes { out.copyMemory(from: $0) }
      for block in 0..<outer {
        for index in indices {
          let from = (block * extent + index) * inner
          for byte in from..<(from + inner) { out[byte] = 0 }
        }
      }
    }
    return Constant(type, .dense(bytes))
  }
}
