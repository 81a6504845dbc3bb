import CoppiceIR

/// Chooses storages by bytes and density alone, so that goldens depend on no target.
struct StubStorages: StoragePlanning {
  func chooseStorages(
    _ graph: Graph, _ request: StorageRequest
  ) -> [ValueID: StorageDecision] {
    let open = Set(request.constants)
    var decisions: [ValueID: StorageDecision] = [:]
    for weight in graph.weights() where open.contains(weight.value) {
      guard let constant = graph.constant(weight.value), let reader = weight.readers.first,
        let rowAxis = reader.reading.rowAxis
      else { continue }
      let isData = weight.readers.count < graph.uses(of: weight.value).count
      decisions[weight.value] =
        isData || !reader.reading.walksNonzeros
        ? StorageDecision(.dense, nonzeros: 0, bytes: 0, reason: "it is also read as data")
        : choose(constant, rowAxis, request.preference)
    }
    return decisions
  }

  private func choose(
    _ constant: Constant, _ rowAxis: Int, _ preference: StoragePreference
  ) -> StorageDecision {
    let shape = WeightShape(constant, rowAxis: rowAxis)
    let elements = Double(shape.rows * shape.depth)
    let times =
      [(StorageKind.dense, 1.0)]
      + StorageKind.sparse.map { kind in
        let entries = Double(shape.slots(kind) * kind.height * kind.width)
        return (kind, entries / elements + (kind.testsColumns ? 0.5 : 0))
      }
    func score(_ storage: StorageKind, _ time: Double) -> Double {
      Double(shape.bytes(storage)) * (preference == .bytes ? 1 : time)
    }
    let best = times.min { score($0.0, $0.1) < score($1.0, $1.1) }
    let (storage, time) = best ?? (.dense, 1)
    return StorageDecision(
      storage, rowAxis: rowAxis, nonzeros: shape.nonzeros, bytes: shape.bytes(storage), time: time,
      reason: "stub")
  }
}
