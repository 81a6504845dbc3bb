extension Constant {
  /// The number of elements that are not zero; negative zero counts as zero.
  ///
  /// - Complexity: O(*n*), of the elements that are there.
  public var nonzeroCount: Int {
    let bits = ElementBits(type.element)
    if type.element.bits == 0 { return 0 }
    func count(_ bytes: Bytes, _ elements: Int) -> Int {
      bytes.withUnsafeBytes { bits.nonzeroCount($0, elements) }
    }
    return switch storage {
    case .dense(let bytes): count(bytes, type.count)
    case .uniform(let one): type.count == 0 ? 0 : count(one, 1) * type.count
    case .sparse(let format): count(format.values, format.valueCount)
    }
  }

  /// The same tensor in another storage; texts, which have no zeros, and scalars stay as they are.
  ///
  /// - Parameters:
  ///   - kind: The storage; uniform only if all elements are equal.
  ///   - rowAxis: The axis that the rows of a sparse storage go along.
  /// - Returns: The tensor, zeros (of whichever sign bit +0) left out if the storage is sparse.
  /// - Complexity: O(*n*).
  public func stored(as kind: StorageKind, rowAxis: Int = 0) -> Constant {
    let dense = Constant(type, .dense(dense))
    if kind == .uniform {
      return Constant(type, .uniform(dense.dense.slice(0..<type.element.byteCount(1))))
    }
    guard let format = kind.format, type.element.bits > 0, type.shape.indices.contains(rowAxis)
    else { return dense }
    return Constant(type, .sparse(format.init(packing: dense, rowAxis: rowAxis)))
  }

  /// The elements spread out to dense bytes.
  func decoded() -> Bytes {
    let bits = ElementBits(type.element)
    return Bytes(count: type.byteCount) { out in
      switch storage {
      case .dense(let bytes): bytes.withUnsafeBytes { out.copyMemory(from: $0) }
      case .uniform(let one):
        if type.element.bits == 0 { return }
        one.withUnsafeBytes { raw in
          for index in 0..<type.count { bits.copy(raw, 0, to: out, index) }
        }
      case .sparse(let format):
        format.values.withUnsafeBytes { raw in
          format.forEachValue(type.shape) { index, slot in bits.copy(raw, slot, to: out, index) }
        }
      }
    }
  }
}

extension Constant {
  /// What is wrong with the storage, in words that follow its name; `nil` when it is sound.
  var storageFault: String? {
    func sized(_ bytes: Bytes, _ needed: Int) -> String? {
      bytes.count == needed ? nil : "has \(bytes.count) bytes and needs \(needed)"
    }
    return switch storage {
    case .dense(let bytes): sized(bytes, type.byteCount)
    case .uniform(let bytes): sized(bytes, max(type.element.byteCount(1), 1))
    case .sparse(let format): format.fault(type)
    }
  }
}
