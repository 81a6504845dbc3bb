import CoppiceIR
import CoppicePassManager

/// How scores of different tensors are made comparable.
enum ScoreNormalisation: String, CaseIterable, Sendable {
  /// As they are.
  case none
  /// Divided by the number of elements of the unit.
  case mean
  /// Divided by the Euclidean norm of the tensor's scores (Molchanov et al. 2017).
  case layerL2 = "layer-l2"
  /// The square, by the sum of the squares of all scores that are not lower (LAMP, Lee et al. 2021).
  case lamp

  /// The scores of one tensor's units, given the number of elements in each.
  ///
  /// - Complexity: O(*n*); O(*n* log *n*) for `lamp`.
  func apply(to scores: inout [Double], sizes: (Int) -> Int) {
    switch self {
    case .none: return
    case .mean: for unit in scores.indices { scores[unit] /= Double(sizes(unit)) }
    case .layerL2:
      let norm = scores.reduce(0) { $0 + $1 * $1 }.squareRoot()
      if norm > 0 { for unit in scores.indices { scores[unit] /= norm } }
    case .lamp:
      var rest = 0.0
      let descending = scores.indices.sorted {
        scores[$0] == scores[$1] ? $0 < $1 : scores[$0] > scores[$1]
      }
      for unit in descending {
        let square = scores[unit] * scores[unit]
        rest += square
        scores[unit] = rest > 0 ? square / rest : 0
      }
    }
  }
}

/// The scores of one weight's units.
struct UnitScores {
  let labels: UnitLabels
  private(set) var scores: [Double]
  /// Whether every element of the unit is zero already.
  private(set) var isZero: [Bool]

  /// Adds up the scores of each unit's elements.
  ///
  /// - Complexity: O(*n*).
  init(
    _ weight: PrunableWeight, _ labels: UnitLabels, by keys: any ScoreKeys,
    _ normalisation: ScoreNormalisation
  ) throws {
    self.labels = labels
    var sums = [Double](repeating: 0, count: labels.count)
    try keys.forEachPiece { start, piece in
      for index in piece.indices { sums[labels[start + index]] += keys.value(piece[index]) }
    }
    var nonzeros = [Bool](repeating: false, count: labels.count)
    var sizes = [Int32](repeating: 0, count: labels.count)
    let magnitudes = MagnitudeKeys(
      constant: weight.constant, width: MagnitudeKeys.width(weight.constant.type.element))
    try magnitudes.forEachPiece { start, piece in
      for index in piece.indices {
        let unit = labels[start + index]
        sizes[unit] += 1
        if piece[index] != 0 { nonzeros[unit] = true }
      }
    }
    normalisation.apply(to: &sums) { Int(sizes[$0]) }
    scores = sums
    isZero = nonzeros.map { !$0 }
  }
}

/// Keys of units: the scores, or a place before or behind all of them.
struct UnitKeys: ScoreKeys {
  var keys: [UInt64]

  var count: Int { keys.count }

  func forEachPiece(_ body: (Int, UnsafeBufferPointer<UInt64>) throws -> Void) throws {
    try keys.withUnsafeBufferPointer { try body(0, $0) }
  }

  var range: ClosedRange<UInt64> {
    (-Double.infinity).signedKey...Double.infinity.signedKey
  }

  func value(_ key: UInt64) -> Double { Double(signedKey: key) }
}
