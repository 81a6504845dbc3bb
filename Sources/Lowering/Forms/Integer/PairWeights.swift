import CoppiceIR

/// The pairs of a convolution's weights that hold a nonzero.
struct PairWeights {
  /// Taps of the window.
  let taps: Int
  /// Pairs of channels.
  let pairs: Int
  /// Bytes of bits for a tap of a channel.
  let lineBytes: Int
  /// A bit for each weight, or for each pair: by channel, tap and input channel.
  private(set) var bits: [UInt8]
  /// The zeros before each nonzero and behind the last, in the same order: half bytes, where 15 says
  /// that more follow.
  private(set) var gaps: [UInt8] = []
  /// The nonzeros in the order of the bits, or both weights of each pair with one.
  private(set) var values: [Int8] = []
  /// Pairs with a nonzero, in all and in the channel with the most.
  private(set) var count = 0
  private(set) var most = 0
  /// The sum of each channel's weights.
  private(set) var sums: [Int] = []

  init(_ shape: [Int], _ numbers: [Int8], keepsPairs: Bool = false) {
    let (channels, depth) = (shape[0], shape[1])
    taps = shape[2] * shape[3]
    pairs = (depth + 1) / 2
    lineBytes = ((keepsPairs ? pairs : depth) + 7) / 8
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
          let place = keepsPairs ? input / 2 : input
          bits[(channel * taps + tap) * lineBytes + place / 8] |= 1 << UInt8(place % 8)
          sum += Int(weight)
          let isNew = input / 2 != last
          if isNew { own += 1 }
          last = input / 2
          if !keepsPairs {
            values.append(weight)
          } else if isNew {
            values += input % 2 == 0 ? [weight, 0] : [0, weight]
          } else {
            values[values.count - 1] = weight
          }
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
