import CoppiceIR

/// The pairs of a convolution's weights that hold a nonzero.
struct PairWeights {
  /// Taps of the window.
  let taps: Int
  /// Pairs of channels.
  let pairs: Int
  /// Bytes of bits for a tap of a channel.
  let lineBytes: Int
  /// A bit for each weight: by channel, tap and input channel.
  private(set) var bits: [UInt8]
  /// The zeros before each nonzero and behind the last, in the same order: half bytes, where 15 says
  /// that more follow.
  private(set) var gaps: [UInt8] = []
  /// The nonzeros in the order of the bits.
  private(set) var values: [Int8] = []
  /// Pairs with a nonzero, in all and in the channel with the most.
  private(set) var count = 0
  private(set) var most = 0
  /// The sum of each channel's weights.
  private(set) var sums: [Int] = []

  init(_ shape: [Int], _ numbers: [Int8]) {
    let (channels, depth) = (shape[0], shape[1])
    taps = shape[2] * shape[3]
    pairs = (depth + 1) / 2
    lineBytes = (depth + 7) / 8
    bits = [UInt8](repeating: 0, count: channels * taps * lineBytes)
    var gap = 0
    var halves: [UInt8] = []
    func close(_ gap: Int) {
      halves += [UInt8](repeating: 15, count: gap / 15) + [UInt8(gap % 15)]
    }
    for channel in 0..<channels {
      var (own, sum) = (0, 0)
      for tap in 0..<taps {
        var last = -1
        for input in 0..<depth {
          let weight = numbers[(channel * depth + input) * taps + tap]
          if weight == 0 {
            gap += 1
            continue
          }
          close(gap)
          gap = 0
          bits[(channel * taps + tap) * lineBytes + input / 8] |= 1 << UInt8(input % 8)
          values.append(weight)
          sum += Int(weight)
          if input / 2 != last { own += 1 }
          last = input / 2
        }
      }
      count += own
      most = max(most, own)
      sums.append(sum)
    }
    close(gap)
    gaps = stride(from: 0, to: halves.count, by: 2).map {
      halves[$0] | ($0 + 1 < halves.count ? halves[$0 + 1] << 4 : 0)
    }
  }

  /// The nonzeros among the constants of a model.
  func buffer(_ builder: LoopBuilder, operand: Int) -> Buffer {
    builder.addConstant(
      Bytes(values.isEmpty ? [0] : values), .int8, max(1, values.count), "values", operand)
  }
}
