import CoppiceIR

/// The weights of a dense convolution, two channels at a time, in the order that programs read them.
struct DotWeights {
  let g: ConvolutionGeometry
  let sums: PackedSums
  /// Words of bytes in a row of a window.
  let words: Int

  private var windowRows: Int { g.window.kernel[0] }
  private var channels: Int { g.y.shape[1] }
  /// Four inputs of a position each.
  var steps: Int { windowRows * words }
  /// Pairs of channels.
  var pairs: Int { (channels + 1) / 2 }
  /// Words of a pair of channels: multipliers, starts, and two words for each step.
  private var record: Int { 4 + 2 * steps }
  /// Words of a pair as widened.
  var streamWords: Int { 6 + 4 * steps }

  var bytes: Int { pairs * record * 4 }

  /// The first of a pair of channels; the last pair of an odd number repeats a channel.
  func channel(_ index: Expr, _ builder: LoopBuilder) -> Expr {
    if channels % 2 == 0 { return index * 2 }
    return builder.define("co", (index * 2).minimum(.integer(channels - 2)))
  }

  func table() -> WordTable {
    let shape = g.weight.type.shape
    let (depth, area) = (shape[1], shape[2] * shape[3])
    let numbers = sums.weightNumbers()
    let each = depth * area
    func weight(_ channel: Int, _ row: Int, _ column: Int) -> Int8 {
      guard column < shape[3] * depth else { return 0 }
      let tap = row * shape[3] + column / depth
      return numbers[channel * each + column % depth * area + tap]
    }
    var table = WordTable()
    for index in 0..<pairs {
      let first = min(index * 2, channels - 2)
      let two = [first, first + 1]
      for channel in two { table.append(sums.multiplier(channel)) }
      for channel in two {
        let sum = numbers[(channel * each)..<((channel + 1) * each)].reduce(0) { $0 + Int($1) }
        table.append(sums.start(channel, weights: sum))
      }
      for row in 0..<windowRows {
        for word in 0..<words {
          for channel in two {
            table.append(bytes: (0..<4).map { weight(channel, row, word * 4 + $0) })
          }
        }
      }
    }
    return table
  }

  /// Widens a pair of channels to memory: multipliers, starts for either position, weights.
  func widen(_ index: Expr, from table: Buffer, to stream: Buffer, _ builder: LoopBuilder) {
    let start = builder.define("w0", index * record)
    builder.microkernel(
      .weights, [steps], [.address(table, start), .address(stream, .integer(0))]
    ) {
      func word(_ place: Expr) -> Expr { .load(table, start + place, lanes: 1) }
      for (target, source) in [0, 1, 2, 3, 2, 3].enumerated() {
        builder.emit(.store(stream, .integer(target), word(.integer(source))))
      }
      builder.loop("k", 2 * steps) { k in
        let value = builder.define("w", word(k + 4))
        builder.emit(.store(stream, k * 2 + 6, .packed(.widenEven, value)))
        builder.emit(.store(stream, k * 2 + 7, .packed(.widenOdd, value)))
      }
    }
  }

  /// Adds a step of four inputs to the sums of two positions by two channels.
  func accumulate(
    _ own: [Variable], _ tile: Buffer, _ x: Expr, _ stream: Buffer, _ step: Expr,
    _ builder: LoopBuilder
  ) {
    func word(_ buffer: Buffer, _ place: Expr) -> Expr { .load(buffer, place, lanes: 1) }
    let xs = (0..<4).map { builder.define("x\($0)_", word(tile, x + $0)) }
    let ws = (0..<4).map { builder.define("w\($0)_", word(stream, step * 4 + (6 + $0))) }
    for half in 0..<2 {
      for (number, sum) in own.enumerated() {
        let (position, channel) = (number / 2 * 2, number % 2 * 2)
        builder.accumulate(sum, xs[position + half], dot: ws[channel + half])
      }
    }
  }

  /// Where the sums of two positions by two channels start.
  func starts(_ stream: Buffer, _ builder: LoopBuilder) -> [Variable] {
    (0..<4).map {
      builder.declare("s\($0)_", Expr.load(stream, .integer(2 + $0), lanes: 1).asSum)
    }
  }

  /// Stores the results, or the sums, of two positions by two channels.
  ///
  /// - Parameters:
  ///   - own: The sums.
  ///   - out: Where to.
  ///   - place: Of the first.
  ///   - strides: Between channels and between positions.
  ///   - stream: The weights as widened.
  ///   - builder: Takes the stores.
  func finish(
    _ own: [Variable], _ out: Buffer, _ place: Expr, _ strides: [Int], _ stream: Buffer,
    _ builder: LoopBuilder
  ) {
    for (number, sum) in own.enumerated() {
      let at = place + (number % 2 * strides[0] + number / 2 * strides[1])
      var value = Expr.variable(sum)
      if let requantization = sums.requantization {
        let multiplier = Expr.load(stream, .integer(number % 2), lanes: 1).asSum
        value = requantization.finished(value, multiplier: multiplier).converted(to: out.element)
      }
      builder.emit(.store(out, at, value))
    }
  }
}
