/// Instructions for each element of a weight and result that it meets, on cores that compute one
/// number at a time, or dense layers alone with vectors.
///
/// Fitted to instructions counted on Cortex-M4 and M55: within a fourth for the layers of MLPerf Tiny.
struct ScalarCost {
  let target: Target
  let shape: WeightShape
  let use: WeightUse

  private var depth: Double { Double(shape.depth) }
  private var hasVectors: Bool { !target.vectorBytes.isEmpty }

  func ratio(_ storage: StorageKind) -> Double {
    if hasVectors, use.kind == .pointwise, hasForm(storage) { return vectors(storage) }
    return sparse(storage) / dense
  }

  private var dense: Double {
    switch use.kind {
    case .pointwise, .window: (hasVectors ? 1.3 : 1.8) + 5 / depth
    case .depthwise: (hasVectors ? 1.6 : 2.4) + 8 / Double(max(use.resultColumns, 1))
    case .product where use.resultRows < 4: hasVectors ? 1.15 : 2.65
    case .product: hasVectors ? 1.2 : 1.75
    case .recurrent: 5 + 20 / depth
    case .plain: 9
    }
  }

  private func sparse(_ storage: StorageKind) -> Double {
    let isPlain = use.kind == .plain || use.kind == .recurrent
    if isPlain || !hasForm(storage) { return plain(storage) }
    if use.kind == .product, use.resultRows == 1 { return row(storage) }
    return tile(storage)
  }

  /// Blocks need whole blocks of rows in each group of channels.
  private func hasForm(_ storage: StorageKind) -> Bool {
    storage.height == 1 || shape.rows % (storage.height * use.group) == 0
  }

  /// Plain loops, which read one row of a block at a time.
  private func plain(_ storage: StorageKind) -> Double {
    let isWindow = use.kind == .window || use.kind == .depthwise || use.kind == .pointwise
    let perNonzero: Double = use.kind == .recurrent ? 7.5 : isWindow ? 26 : 11
    let entry = use.kind == .recurrent ? 40 / depth : 0.5
    switch storage {
    case _ where storage.testsColumns: return entry + 6 + shape.density(storage) * perNonzero * 0.6
    case _ where storage.height > 1: return entry + shape.density(storage) * (perNonzero + 2)
    default: return entry + shape.density(storage) * perNonzero
    }
  }

  /// One result at a time, a row of the weight innermost.
  private func row(_ storage: StorageKind) -> Double {
    let perBlock: Double = hasVectors ? 9 : 13.2
    switch storage {
    case _ where storage.testsColumns: return 30 / depth + 2.55 + shape.density(storage) * 5
    case _ where storage.height > 1: return (60 / depth + shape.density(storage) * perBlock) / 4
    default: return 35 / depth + shape.density(storage) * 6.2
    }
  }

  /// Tiles of results: a nonzero costs its loads once, and two instructions for each result it meets.
  private func tile(_ storage: StorageKind) -> Double {
    let height = Double(storage.height)
    let positions = self.positions(16 / Int(height))
    let met = positions * use.inside
    let groups = Double(shape.groups) * use.inside.squareRoot() * 10
    let entry = 22 + 8 * height + 2 * height * positions + groups
    let slots = depth * shape.density(storage)
    let slot = height == 1 ? 2 * met + 6 : 5 * met + 9
    let bits = storage.testsColumns ? max(depth * 3.5 - Double(shape.groups) * 8, 0) : 0
    return (entry + slots * slot + bits) / (height * positions * depth)
  }

  /// Results in a tile, on average.
  private func positions(_ most: Int) -> Double {
    func average(_ count: Int, _ most: Int) -> Double {
      let tiles = (count + most - 1) / most
      return Double(count) / Double(max(tiles, 1))
    }
    switch use.kind {
    case .product: return max(average(use.resultRows, most), 1)
    case .pointwise: return max(average(use.resultRows * use.resultColumns, most), 1)
    default:
      let columns = average(use.resultColumns, most)
      let rows = max(min(most / max(use.resultColumns, 1), use.resultRows), 1)
      return max(columns * average(use.resultRows, rows), 1)
    }
  }

  /// Pointwise convolution, of which both forms have vectors.
  private func vectors(_ storage: StorageKind) -> Double {
    switch storage {
    case _ where storage.testsColumns: 0.2 + 0.8 * shape.density(storage)
    case _ where storage.height > 1: 0.02 + 0.9 * shape.density(storage)
    default: 0.01 + 0.82 * shape.density(storage)
    }
  }
}
