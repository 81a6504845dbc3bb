/// Where the elements that go are parted from those that stay.
struct ScoreCut {
  /// Elements with a lower key go.
  let key: UInt64

  /// Of the elements with exactly this key, so many of the first stay.
  let keptTies: Int

  /// Everything below a key goes, and nothing else.
  static func below(_ key: UInt64) -> ScoreCut { ScoreCut(key: key, keptTies: .max) }

  /// The cut below which exactly `pruned` elements lie; of equal scores the later ones go.
  ///
  /// - Complexity: O(*n*) for *n* elements, which are read once for each 16 bits of the keys.
  static func lowest(
    _ pruned: Int, of tensors: [any ScoreKeys], width: KeyWidth
  ) throws -> ScoreCut? {
    guard pruned > 0 else { return nil }
    var rest = pruned
    var prefix: UInt64 = 0
    var ties = 0
    for shift in stride(from: width.rawValue - 16, through: 0, by: -16) {
      let histogram = try histogram(tensors, prefix: prefix, shift: UInt64(shift))
      var digit = 0
      while digit < histogram.count - 1, rest > histogram[digit] {
        rest -= histogram[digit]
        digit += 1
      }
      ties = histogram[digit]
      prefix = prefix << 16 | UInt64(digit)
    }
    return ScoreCut(key: prefix, keptTies: ties - rest)
  }

  /// How often each 16-bit digit stands at `shift` among the keys with the given digits above it.
  private static func histogram(
    _ tensors: [any ScoreKeys], prefix: UInt64, shift: UInt64
  ) throws -> [Int] {
    var histogram = [Int](repeating: 0, count: 1 << 16)
    try histogram.withUnsafeMutableBufferPointer { histogram in
      for tensor in tensors {
        try tensor.forEachPiece { _, keys in
          for key in keys where (key >> 16) >> shift == prefix {
            histogram[Int((key >> shift) & 0xFFFF)] += 1
          }
        }
      }
    }
    return histogram
  }
}
