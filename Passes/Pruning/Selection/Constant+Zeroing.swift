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
    let size = type.element.bits / 8
    let old = dense
    var outcome = ZeroingOutcome()
    var changed = false
    let bytes = try Bytes(count: old.count) { memory in
      old.withUnsafeBytes { memory.copyMemory(from: $0) }
      try keys.forEachPiece { start, keys in
        for (index, key) in keys.enumerated() {
          if key > cut.key { continue }
          if key == cut.key {
            ties += 1
            if ties <= cut.keptTies { continue }
          }
          changed = memory.clear(start + index, size, &outcome.zeroed) || changed
        }
      }
      outcome.nonzeros = UnsafeRawBufferPointer(memory).nonzeroFloats(size)
    }
    if changed { outcome.constant = Constant(type, .dense(bytes)) }
    return outcome
  }
}

extension UnsafeMutableRawBufferPointer {
  /// Clears one float and says whether a bit changed.
  @inline(__always)
  fileprivate func clear(_ index: Int, _ size: Int, _ zeroed: inout Int) -> Bool {
    switch size {
    case 2: clear(index, UInt16.self, &zeroed)
    case 4: clear(index, UInt32.self, &zeroed)
    default: clear(index, UInt64.self, &zeroed)
    }
  }

  @inline(__always)
  private func clear<Bits: FixedWidthInteger & BitwiseCopyable>(
    _ index: Int, _ type: Bits.Type, _ zeroed: inout Int
  ) -> Bool {
    let offset = index * MemoryLayout<Bits>.size
    let bits = load(fromByteOffset: offset, as: type)
    guard bits != 0 else { return false }
    if bits << 1 != 0 { zeroed += 1 }
    storeBytes(of: 0, toByteOffset: offset, as: type)
    return true
  }
}

extension UnsafeRawBufferPointer {
  /// How many floats are not zero of either sign.
  fileprivate func nonzeroFloats(_ size: Int) -> Int {
    switch size {
    case 2: nonzeroFloats(UInt16.self)
    case 4: nonzeroFloats(UInt32.self)
    default: nonzeroFloats(UInt64.self)
    }
  }

  private func nonzeroFloats<Bits: FixedWidthInteger & BitwiseCopyable>(_ type: Bits.Type) -> Int {
    let size = MemoryLayout<Bits>.size
    var result = 0
    for index in 0..<count / size where load(fromByteOffset: index * size, as: type) << 1 != 0 {
      result += 1
    }
    return result
  }
}
