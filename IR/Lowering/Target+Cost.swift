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

  /// The time of the kernels there are, from measurements of single layers.
  ///
  /// - Parameters:
  ///   - storage: The storage.
  ///   - shape: The extents of the weight.
  ///   - use: How the weight is read.
  /// - Returns: 1 for what takes as long as dense; `nil` without a kernel.
  public func relativeTime(
    _ storage: StorageKind, _ shape: WeightShape, _ use: WeightUse
  ) -> Double? {
    if storage == .dense || storage == .uniform { return 1 }
    if shape.rows * shape.depth == 0 { return nil }
    let cost = KernelCost(target: self, shape: shape, use: use)
    return cost.sparse(storage) / cost.dense
  }
}

/// Time for each element of a weight and result that it meets, in instructions of a scalar core.
///
/// The constants are least-squares by eye to instructions counted on Cortex-M4, and to ratios of time
/// on x86-64 where vectors apply.
private struct KernelCost {
  let target: Target
  let shape: WeightShape
  let use: WeightUse

  private var depth: Double { Double(shape.depth) }
  private var density: Double { Double(shape.nonzeros) / Double(shape.rows) / depth }
  private var blockDensity: Double { Double(shape.blocks) * 4 / Double(shape.rows) / depth }
  private var hasVectors: Bool { !target.vectorBytes.isEmpty }

  var dense: Double {
    switch use.kind {
    case .pointwise, .window: 1.8 + 5 / depth
    case .depthwise: 2.6
    case .product: use.resultRows < 4 ? 2.65 : 1.75
    case .plain: 9
    }
  }

  func sparse(_ storage: StorageKind) -> Double {
    if hasVectors { return vectors(storage) * dense }
    if use.kind == .plain || !hasForm(storage) { return plain(storage) }
    if use.kind == .product, use.resultRows == 1 { return row(storage) }
    return tile(storage)
  }

  /// Blocks need whole blocks of rows in each group of channels.
  private func hasForm(_ storage: StorageKind) -> Bool {
    storage != .blocks || shape.rows % (4 * use.group) == 0
  }

  /// Plain loops test the bounds of every nonzero.
  private func plain(_ storage: StorageKind) -> Double {
    let perNonzero: Double = use.kind == .plain || use.kind == .product ? 11 : 26
    switch storage {
    case .bitmap: return 6 + density * perNonzero
    case .blocks: return 0.5 + blockDensity * (perNonzero + 2)
    default: return 0.5 + density * perNonzero
    }
  }

  /// One result at a time, a row of the weight innermost.
  private func row(_ storage: StorageKind) -> Double {
    switch storage {
    case .bitmap: 30 / depth + 2.6 + density * 4
    case .blocks: (60 + blockDensity * depth * 13.2) / (4 * depth)
    default: (35 + density * depth * 6.2) / depth
    }
  }

  /// Tiles of results: a nonzero costs its loads once, and two instructions for each result it meets.
  private func tile(_ storage: StorageKind) -> Double {
    let height: Double = storage == .blocks ? 4 : 1
    let positions = self.positions(16 / Int(height))
    let met = positions * use.inside
    let groups = Double(shape.groups) * use.inside.squareRoot() * 10
    let entry = 30 + 2 * height * positions + groups + (height - 1) * 8
    let slots = height == 1 ? density * depth : blockDensity * depth
    let slot = height == 1 ? 2 * met + 6 : 5 * met + 9
    let bits = storage == .bitmap ? depth * 5 : 0
    return (entry + slots * slot + bits) / (height * positions * depth)
  }

  /// Results in a tile, on average.
  private func positions(_ most: Int) -> Double {
    func average(_ count: Int, _ most: Int) -> Double {
      let tiles = (count + most - 1) / most
      return Double(count) / Double(max(tiles, 1))
    }
    switch use.kind {
    case .product: return average(use.resultRows, most)
    case .pointwise: return average(use.resultRows * use.resultColumns, most)
    default:
      let columns = average(use.resultColumns, most)
      let rows = min(max(most / max(use.resultColumns, 1), 1), use.resultRows)
      return columns * average(use.resultRows, rows)
    }
  }

  /// Ratios to dense kernels with vectors.
  private func vectors(_ storage: StorageKind) -> Double {
    let perNonzero: Double
    switch use.kind {
    case .pointwise: perNonzero = 1.3
    case .window: perNonzero = 1.9
    case .depthwise: perNonzero = 2.5
    case .plain: perNonzero = 1.2
    case .product: perNonzero = 8
    }
    switch storage {
    case .bitmap: return 0.2 + density * perNonzero
    case .blocks: return 0.02 + blockDensity * perNonzero
    default: return 0.01 + density * perNonzero
    }
  }
}
