import CoppiceIR
import CoppicePassManager
import CoppiceRecords

/// The movement scores of one weight, computed anew for each reading.
struct MovementKeys: ScoreKeys {
  let scores: MovementScores
  let match: RecordMatch
  let count: Int

  var range: ClosedRange<UInt64> { (-Float.infinity).signedKey...Float.infinity.signedKey }

  func value(_ key: UInt64) -> Double { Double(Float(signedKey: key)) }

  func forEachPiece(_ body: (Int, UnsafeBufferPointer<UInt64>) throws -> Void) throws {
    try scores.scores(of: match, count: count).withBuffer { values throws in
      try forEachBuffer(count: count) { start, keys in
        for index in keys.indices { keys[index] = values[start + index].signedKey }
        try body(start, UnsafeBufferPointer(keys))
      }
    }
  }

  /// The first score that is not finite.
  func firstNonFinite() throws -> Int? {
    try scores.scores(of: match, count: count).withBuffer { CoppiceRecords.firstNonFinite($0) }
  }
}

/// A training record that the driver opened.
struct ServiceTensors: RecordTensors {
  let name: String
  let tensors: any NamedTensors

  var metadata: [String: String] { tensors.metadata }

  var names: [String] { tensors.names }

  func tensor(_ name: String) throws(DiagnosticMessage) -> Constant? { try tensors.tensor(name) }
}

extension Graph {
  /// A weight as the matcher sees it; nil for elements that no record can hold.
  func matchTarget(_ weight: PrunableWeight, _ context: PassContext) -> MatchTarget? {
    FloatValues(weight.constant).map { values in
      let name = self[weight.value].name
      return MatchTarget(
        name: name, shape: weight.constant.type.shape, values: values,
        precision: precision(weight), role: role(weight), uses: weight.readers.count,
        scopes: weight.readers.map { self[$0].name },
        factors: FoldedFactors.of(weight.value, context).map { $0.map { Float($0) } })
    }
  }

  private func precision(_ weight: PrunableWeight) -> MatchTarget.Precision {
    switch weight.constant.type.element {
    case .float16: .float16
    case .bfloat16: .bfloat16
    default: .exact
    }
  }

  private func role(_ weight: PrunableWeight) -> MatchTarget.Role {
    guard let reader = weight.readers.first else { return .plain }
    switch self[reader].op {
    case is LSTM: return .lstm
    case is GRU: return .gru
    case let op as ConvTranspose: return .transposedConvolution(groups: op.group)
    default: return .plain
    }
  }
}
