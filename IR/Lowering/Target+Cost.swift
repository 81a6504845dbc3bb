extension Target: TargetCost {
  /// The name of the target.
  public var name: String { rawValue }

  /// The bytes of a weight as kernels read it, tables included.
  ///
  /// - Parameters:
  ///   - storage: The storage.
  ///   - shape: The extents of the weight.
  /// - Returns: Elements, indices or bits, and starts.
  public func packedBytes(_ storage: StorageKind, _ shape: WeightShape) -> Int {
    shape.bytes(storage)
  }

  /// The time of the kernels there are, fitted to measurements of single layers.
  ///
  /// - Parameters:
  ///   - storage: The storage.
  ///   - shape: The extents of the weight.
  ///   - use: How the weight is read.
  /// - Returns: 1 for what takes as long as dense; `nil` without a kernel.
  public func relativeTime(
    _ storage: StorageKind, _ shape: WeightShape, _ use: WeightUse
  ) -> Double? {
    if storage.format == nil { return 1 }
    if shape.rows * shape.depth == 0 { return nil }
    if hasWideVectors { return VectorCost(shape: shape, use: use).ratio(storage) }
    return ScalarCost(target: self, shape: shape, use: use).ratio(storage)
  }

  /// Whether sparse windows run in vectors, and dense kernels at the speed of a large processor.
  package var hasWideVectors: Bool { self == .x86 || self == .aarch64 }
}

extension WeightShape {
  /// The part of the elements that the entries of a storage hold.
  func density(_ storage: StorageKind) -> Double {
    Double(slots(storage) * storage.height) / Double(max(rows * depth, 1))
  }
}
