/// Time as a part of that of the dense form, where both have vectors.
///
/// Fitted to times of single layers on x86-64, dense and sparse in turn: within a third.
struct VectorCost {
  let shape: WeightShape
  let use: WeightUse

  func ratio(_ storage: StorageKind) -> Double {
    let hasForm = storage.height == 1 || shape.rows % (storage.height * use.group) == 0
    switch use.kind {
    case .plain, .recurrent: return 0.05 + part(storage, 1.2, 1.4, bits: 1)
    case _ where !hasForm: return 8 + 40 * shape.density(storage)
    case .product: return product(storage)
    case .pointwise: return 0.04 + part(storage, 2.4, 1.4, bits: 0.6)
    case .depthwise: return copying + part(storage, 1.5, 1.5, bits: 0.1)
    case .window: return copying + window(storage)
    }
  }

  /// The time that nonzeros take, and the bits of a bitmap.
  private func part(
    _ storage: StorageKind, _ perNonzero: Double, _ perBlocked: Double, bits: Double
  ) -> Double {
    switch storage {
    case _ where storage.testsColumns: bits + 1.3 * perNonzero * shape.density(storage)
    case _ where storage.height > 1: perBlocked * shape.density(storage)
    default: perNonzero * shape.density(storage)
    }
  }

  /// The padded copy is written once for all filters.
  private var copying: Double {
    let filters = Double(shape.rows) / Double(use.group)
    return 10 * Double(use.steps) / (filters * Double(shape.groups))
  }

  /// Rows of results that fill no vector leave lanes empty.
  private func window(_ storage: StorageKind) -> Double {
    let columns = Double(max(use.resultColumns, 1))
    let perNonzero = 1.4 + 8 / columns + (columns < 8 ? 4 : 0)
    return part(storage, perNonzero, 0.55 * perNonzero, bits: 0.4)
  }

  /// Dense products run at the speed of memory when weights are large, else far faster than single
  /// numbers can be picked.
  private func product(_ storage: StorageKind) -> Double {
    let isLarge = shape.rows * shape.depth * shape.elementBytes > 1 << 20
    if use.resultRows > 1 { return 0.2 + part(storage, 19, 11, bits: 2) }
    if isLarge { return 0.02 + part(storage, 4.4, 1.5, bits: 6) }
    return 0.1 + part(storage, 17, 5.4, bits: 15)
  }
}
