import CoppiceIR

extension Generation {
  /// `NAME_check_weights`: a byte of the blob that changed changes the sum.
  func weightsCheck(_ c: inout CText) {
    var sum = WeightsSum()
    var words = 0
    var head: UInt32 = 0
    for piece in constants.blob {
      piece.withUnsafeBytes { raw in
        // The head says which build the blob belongs to.
        let rest = words < 6 ? min(raw.count, 24 - sum.bytes) : 0
        sum.add(UnsafeRawBufferPointer(rebasing: raw[..<rest]))
        if words < 6, sum.bytes == 24 { head = sum.value }
        words = sum.bytes / 4
        sum.add(UnsafeRawBufferPointer(rebasing: raw[rest...]))
      }
    }
    sum.finish()
    c.function(
      "int \(name)_check_weights(const void *weights)",
      [
        "const unsigned char *const bytes = (const unsigned char *)weights;",
        "uint32_t sum = 2166136261u;",
        "if (weights == NULL) {", "    return \(macro)_ERROR_NULL;", "}",
        "for (size_t i = 0; i < \(sum.bytes)u; i += 4) {",
        "    uint32_t word = 0;",
        "    for (size_t k = 0; k < 4 && i + k < \(sum.bytes)u; ++k) {",
        "        word |= (uint32_t)bytes[i + k] << (8 * k);", "    }",
        "    sum = (sum ^ word) * 16777619u;",
        "    sum ^= sum >> 15;",
        "    if (i == 20 && sum != \(head)u) {",
        "        return \(macro)_ERROR_WEIGHTS_HASH;", "    }", "}",
        "return sum == \(sum.value)u ? \(macro)_OK : \(macro)_ERROR_WEIGHTS_BYTES;",
      ])
  }
}

/// A sum over words, the first byte lowest, that each single word changes.
private struct WeightsSum {
  private(set) var value: UInt32 = 2_166_136_261
  private(set) var bytes = 0
  private var word: UInt32 = 0

  mutating func add(_ raw: UnsafeRawBufferPointer) {
    var place = 0
    while place < raw.count, bytes % 4 != 0 || raw.count - place < 4 {
      word |= UInt32(raw[place]) << UInt32(8 * (bytes % 4))
      (place, bytes) = (place + 1, bytes + 1)
      if bytes % 4 == 0 { mix() }
    }
    while raw.count - place >= 4 {
      word = UInt32(
        littleEndian: raw.loadUnaligned(fromByteOffset: place, as: UInt32.self))
      (place, bytes) = (place + 4, bytes + 4)
      mix()
    }
    if place < raw.count { add(UnsafeRawBufferPointer(rebasing: raw[place...])) }
  }

  /// Takes in bytes that make no whole word.
  mutating func finish() {
    if bytes % 4 != 0 { mix() }
  }

  private mutating func mix() {
    value = (value ^ word) &* 16_777_619
    value ^= value >> 15
    word = 0
  }
}
