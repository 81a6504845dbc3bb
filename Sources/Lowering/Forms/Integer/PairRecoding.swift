import CoppiceIR

/// Where the nonzeros of a weight stand, as flash holds it.
enum PairPlaces {
  /// A bit for each weight.
  case bits([UInt8])
  /// A bit for each pair of weights, of which flash holds both.
  case pairs([UInt8])
  /// Half bytes: the zeros between nonzeros.
  case gaps([UInt8])

  var bytes: [UInt8] {
    switch self {
    case .bits(let bytes), .pairs(let bytes), .gaps(let bytes): bytes
    }
  }
}

/// Writes the pairs of one channel to memory, each with the place that it reads.
struct PairRecoding {
  let g: ConvolutionGeometry
  let weights: PairWeights
  /// Takes two words of the channel, and two for each pair.
  let records: Buffer
  let values: Buffer
  /// Words of a plane, of a row of it, and of a part of a row.
  let planeWords: Int
  let rowWords: Int
  let phaseWords: Int

  /// How far the weights were read.
  enum Reader {
    /// The next of the nonzeros.
    case bits(Buffer, next: Variable)
    /// The next of the pairs.
    case pairs(Buffer, next: Variable)
    /// The next of the nonzeros, the zeros before it, the next byte, and what is left of the last.
    case gaps(Buffer, next: Variable, gap: Variable, byte: Variable, rest: Variable)

    var next: Variable {
      switch self {
      case .bits(_, let next), .pairs(_, let next), .gaps(_, let next, _, _, _): next
      }
    }
  }

  /// Begins to read.
  func reader(_ places: PairPlaces, _ buffer: Buffer, _ builder: LoopBuilder) -> Reader {
    let next = builder.declare("v", .integer(0))
    switch places {
    case .bits: return .bits(buffer, next: next)
    case .pairs: return .pairs(buffer, next: next)
    case .gaps: break
    }
    let gap = builder.declare("gap", .number(0, .uint32))
    let byte = builder.declare("g", .integer(0))
    let rest = builder.declare("rest", .number(1, .uint32))
    readGap(buffer, gap, byte, rest, builder)
    return .gaps(buffer, next: next, gap: gap, byte: byte, rest: rest)
  }

  /// Writes the pairs of a channel; their number, which is at least one.
  func recode(_ channel: Expr, _ reader: Reader, _ builder: LoopBuilder) -> Expr {
    let w = g.window
    let count = builder.declare("d", .integer(2))
    builder.loop("ky", w.kernel[0]) { ky in
      builder.loop("kx", w.kernel[1]) { kx in
        let across = kx * w.dilations[1]
        let column =
          combine(.rem, across, .integer(w.strides[1])) * phaseWords
          + across / .integer(w.strides[1])
        let tap = builder.define("tap", ky * (w.dilations[0] * rowWords) + column)
        let line = (channel * weights.taps + ky * w.kernel[1] + kx) * weights.lineBytes
        switch reader {
        case .bits(let buffer, let next):
          bits(buffer, builder.define("m0", line), tap, 4, builder) { mask, place in
            pair(mask, place, next, count, builder)
          }
        case .pairs(let buffer, let next):
          bits(buffer, builder.define("m0", line), tap, 8, builder) { mask, place in
            wholePair(mask, place, next, count, builder)
          }
        case .gaps(let buffer, let next, let gap, let byte, let rest):
          gaps(buffer, tap, next, gap, byte, rest, count, builder)
        }
      }
    }
    return completed(count, builder)
  }

  /// Programs take at least one pair.
  private func completed(_ count: Variable, _ builder: LoopBuilder) -> Expr {
    let pairs = builder.declare("pairs", (.variable(count) - 2) / .integer(2))
    builder.when(Expr.variable(pairs).compared(.eq, .integer(0))) {
      for word in 2..<4 { builder.emit(.store(records, .integer(word), .number(0, .uint32))) }
      builder.assign(pairs, .integer(1))
    }
    return .variable(pairs)
  }

  // MARK: - Bits

  /// Looks at the bytes of a tap, whose bits stand for a number of pairs.
  private func bits(
    _ buffer: Buffer, _ start: Expr, _ tap: Expr, _ pairs: Int, _ builder: LoopBuilder,
    _ take: (_ mask: Variable, _ place: Variable) -> Void
  ) {
    builder.loop("j", weights.lineBytes) { byte in
      let load = Expr.load(buffer, start + byte, lanes: 1).converted(to: .uint32)
      let mask = builder.declare("m", load)
      let place = builder.declare("at", (byte * (pairs * planeWords) + tap) * 4)
      let turn = builder.block {
        take(mask, place)
        builder.accumulate(place, .integer(4 * planeWords))
        builder.assign(mask, .variable(mask) / .number(pairs == 4 ? 4 : 2, .uint32))
      }
      let isLeft = Expr.variable(mask).compared(.ne, .number(0, .uint32))
      builder.emit(.repeatWhile(isLeft, turn))
    }
  }

  private func wholePair(
    _ mask: Variable, _ place: Variable, _ next: Variable, _ count: Variable,
    _ builder: LoopBuilder
  ) {
    let isSet = Expr.binary(.and, .variable(mask), .number(1, .uint32))
      .compared(.ne, .number(0, .uint32))
    builder.when(isSet) {
      let two = (0..<2).map {
        Expr.load(values, .variable(next) + $0, lanes: 1).converted(to: .int32)
      }
      let slot = Expr.variable(count)
      builder.emit(.store(records, slot, .packed(.pack2, two[0], two[1])))
      builder.emit(
        .store(records, slot + 1, Expr.variable(place).converted(to: .uint32)))
      builder.accumulate(next, .integer(2))
      builder.accumulate(count, .integer(2))
    }
  }

  private func pair(
    _ mask: Variable, _ place: Variable, _ next: Variable, _ count: Variable,
    _ builder: LoopBuilder
  ) {
    func isSet(_ bits: Double) -> Expr {
      Expr.binary(.and, .variable(mask), .number(bits, .uint32))
        .compared(.ne, .number(0, .uint32))
    }
    builder.when(isSet(3)) {
      let two = [1.0, 2.0].map { bit in
        let weight = builder.declare("w", .constant(0, .int32))
        builder.when(isSet(bit)) {
          let value = Expr.load(values, .variable(next), lanes: 1)
          builder.assign(weight, value.converted(to: .int32))
          builder.accumulate(next, .integer(1))
        }
        return Expr.variable(weight)
      }
      let slot = Expr.variable(count)
      builder.emit(.store(records, slot, .packed(.pack2, two[0], two[1])))
      builder.emit(
        .store(records, slot + 1, Expr.variable(place).converted(to: .uint32)))
      builder.accumulate(count, .integer(2))
    }
  }

  // MARK: - Gaps

  private func gaps(
    _ buffer: Buffer, _ tap: Expr, _ next: Variable, _ gap: Variable, _ byte: Variable,
    _ rest: Variable, _ count: Variable, _ builder: LoopBuilder
  ) {
    let depth = Expr.number(Double(g.weight.type.shape[1]), .uint32)
    let last = builder.declare("last", .number(Double(UInt32.max), .uint32))
    let turn = builder.block {
      let weight = builder.define(
        "w", Expr.load(values, .variable(next), lanes: 1).converted(to: .int32))
      builder.accumulate(next, .integer(1))
      let pair = builder.define("pair", .variable(gap) / .number(2, .uint32))
      append(weight, pair, gap, last, tap, count, builder)
      builder.accumulate(gap, .number(1, .uint32))
      readGap(buffer, gap, byte, rest, builder)
    }
    builder.emit(.repeatWhile(Expr.variable(gap).compared(.lt, depth), turn))
    builder.assign(gap, .variable(gap) - depth)
  }

  /// Adds a weight as half of a new pair, or as the second one of the last.
  private func append(
    _ weight: Expr, _ pair: Expr, _ place: Variable, _ last: Variable, _ tap: Expr,
    _ count: Variable, _ builder: LoopBuilder
  ) {
    let zero = Expr.constant(0, .int32)
    let slot = Expr.variable(count)
    builder.when(pair.compared(.eq, .variable(last))) {
      let first = Expr.load(records, slot - 2, lanes: 1).asSum
      builder.emit(.store(records, slot - 2, .packed(.pack2, first, weight)))
    } else: {
      let word = builder.declare("both", .packed(.pack2, weight, zero))
      let isSecond = Expr.binary(.and, .variable(place), .number(1, .uint32))
        .compared(.ne, .number(0, .uint32))
      builder.when(isSecond) { builder.assign(word, .packed(.pack2, zero, weight)) }
      builder.emit(.store(records, slot, .variable(word)))
      let offset = (pair.converted(to: .index) * planeWords + tap) * 4
      builder.emit(.store(records, slot + 1, offset.converted(to: .uint32)))
      builder.accumulate(count, .integer(2))
      builder.assign(last, pair)
    }
  }

  /// Adds the next gap to what is left of the row.
  private func readGap(
    _ buffer: Buffer, _ gap: Variable, _ byte: Variable, _ rest: Variable, _ builder: LoopBuilder
  ) {
    let half = builder.declare("half", .number(15, .uint32))
    let turn = builder.block {
      builder.when(Expr.variable(rest).compared(.eq, .number(1, .uint32))) {
        let load = Expr.load(buffer, .variable(byte), lanes: 1).converted(to: .uint32)
        builder.assign(rest, load + .number(256, .uint32))
        builder.accumulate(byte, .integer(1))
      }
      builder.assign(half, .binary(.and, .variable(rest), .number(15, .uint32)))
      builder.assign(rest, .variable(rest) / .number(16, .uint32))
      builder.accumulate(gap, .variable(half))
    }
    builder.emit(
      .repeatWhile(Expr.variable(half).compared(.eq, .number(15, .uint32)), turn))
  }
}
