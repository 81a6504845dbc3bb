import CoppiceIR

/// What zeroing left of one constant.
struct ZeroingOutcome {
  /// The new constant; nil if no bit changed.
  var constant: Constant?

  /// Elements that were not zero and now are.
  var zeroed = 0

  /// Elements that are not zero.
  var nonzeros = 0
}

extension Constant {
  /// Sets the elements on the far side of a cut to +0.
  ///
  /// `ties` counts the elements at the cut itself over all tensors in turn.
  func zeroing(
    _ cut: ScoreCut, by keys: any ScoreKeys, ties: inout Int
  ) throws -> ZeroingOutcome {
    switch type.element.bits {
    case 16: try zeroing(cut, by: keys, ties: &ties, as: UInt16.self)
    case 32: try zeroing(cut, by: keys, ties: &ties, as: UInt32.self)
    default: try zeroing(cut, by: keys, ties: &ties, as: UInt64.self)
    }
  }

  private func zeroing<Bits: FixedWidthInteger & BitwiseCopyable>(
    _ cut: ScoreCut, by keys: any ScoreKeys, ties: inout Int, as bits: Bits.Type
  ) throws -> ZeroingOutcome {
    let old = dense
    var outcome = ZeroingOutcome()
    var zeroing = Zeroing(cut: cut, ties: ties)
    let bytes = try Bytes(count: old.count) { memory in
      old.withUnsafeBytes { memory.copyMemory(from: $0) }
      let elements = memory.bindMemory(to: bits)
      try keys.forEachPiece { start, keys in
        let piece = UnsafeMutableBufferPointer(rebasing: elements[start..<start + keys.count])
        zeroing.apply(keys, to: piece)
      }
      for element in elements { outcome.nonzeros += element << 1 == 0 ? 0 : 1 }
    }
    ties = zeroing.ties
    outcome.zeroed = zeroing.zeroed
    if zeroing.changed { outcome.constant = Constant(type, .dense(bytes)) }
    return outcome
  }
}

/// The inner loop, and what it counts.
private struct Zeroing {
  let cut: ScoreCut
  var ties: Int
  var zeroed = 0
  var changed = false

  init(cut: ScoreCut, ties: Int) { (self.cut, self.ties) = (cut, ties) }

  mutating func apply<Bits: FixedWidthInteger>(
    _ keys: UnsafeBufferPointer<UInt64>, to elements: UnsafeMutableBufferPointer<Bits>
  ) {
    let (limit, keptTies) = (cut.key, cut.keptTies)
    var (ties, zeroed, changes) = (self.ties, self.zeroed, 0)
    for index in keys.indices {
      let key = keys[index]
      ties += key == limit ? 1 : 0
      let stays = key > limit || (key == limit && ties <= keptTies)
      let old = elements[index]
      elements[index] = stays ? old : 0
      zeroed += !stays && old << 1 != 0 ? 1 : 0
      changes += !stays && old != 0 ? 1 : 0
    }
    (self.ties, self.zeroed) = (ties, zeroed)
    changed = changed || changes > 0
  }
}
