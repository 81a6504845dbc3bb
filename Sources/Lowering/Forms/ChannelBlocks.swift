import CoppiceIR

/// A run of output channels that are computed together: how weights are packed, and which
/// accumulators hold them.
struct ChannelBlock: Hashable, Sendable {
  /// The first channel of the run of blocks.
  var first: Int
  /// Channels in one block.
  var size: Int
  /// Blocks of this size in a row.
  var repeats: Int

  /// Cuts channels into runs of large blocks and ever smaller ones for the rest.
  ///
  /// - Parameters:
  ///   - channels: How many there are.
  ///   - sizes: Block sizes, descending, down to 1.
  /// - Returns: Runs that cover all channels in order.
  static func cover(_ channels: Int, sizes: [Int]) -> [ChannelBlock] {
    var blocks: [ChannelBlock] = []
    var first = 0
    for size in sizes where channels - first >= size {
      let repeats = (channels - first) / size
      blocks.append(ChannelBlock(first: first, size: size, repeats: repeats))
      first += size * repeats
    }
    return blocks
  }

  /// The lanes of a vector inside the block.
  func lanes(_ available: Int) -> Int { Swift.min(available, size) }
}

/// Dense weights packed as `[block][depth][channel of the block]`, blocks of all sizes in a row.
struct PackedWeights {
  var buffer: Buffer
  var depth: Int

  /// Packs weights.
  ///
  /// - Parameters:
  ///   - blocks: The runs of blocks.
  ///   - depth: How many weights each channel has.
  ///   - channels: How many channels there are.
  ///   - builder: Takes the table.
  ///   - source: The weights.
  ///   - operand: Which operand the weights are.
  ///   - index: The element, by channel and depth, as an index into `source`.
  init(
    _ blocks: [ChannelBlock], depth: Int, channels: Int, _ builder: LoopBuilder,
    _ source: Constant, operand: Int,
    index: @escaping @Sendable (_ channel: Int, _ depth: Int) -> Int
  ) {
    self.depth = depth
    let (bytes, element) = (source.dense, source.type.element)
    let size = element.byteCount(channels * depth)
    let make: @Sendable (UnsafeMutableRawBufferPointer) -> Void = { out in
      bytes.withUnsafeBytes { raw in
        switch element.bits {
        case 8: pack(blocks, depth, raw, out, index, UInt8.self)
        case 16: pack(blocks, depth, raw, out, index, UInt16.self)
        case 32: pack(blocks, depth, raw, out, index, UInt32.self)
        default: pack(blocks, depth, raw, out, index, UInt64.self)
        }
      }
    }
    // Large tables are packed when they are written, one after the other.
    let packed = size > 1 << 20 ? Bytes(derived: size, make: make) : Bytes(count: size, fill: make)
    buffer = builder.addConstant(packed, element, channels * depth, "packed", operand)
  }

  /// Where a block starts.
  ///
  /// - Parameter channel: The first channel of the block.
  /// - Returns: The offset in the table.
  func offset(_ channel: Expr) -> Expr { channel * depth }
}

/// Accumulators of a tile: positions x vectors of a channel block.
struct TileAccumulators {
  let positions: Int
  let vectors: Int
  let lanes: Int
  let variables: [[Variable]]
  private let arithmetic: Arithmetic

  /// Declares them, each at its start.
  init(
    positions: Int, block: ChannelBlock, available: Int, channel: Expr, _ arithmetic: Arithmetic,
    _ builder: LoopBuilder
  ) {
    self.arithmetic = arithmetic
    let lanes = block.lanes(available)
    let vectors = block.size / lanes
    (self.positions, self.vectors, self.lanes) = (positions, vectors, lanes)
    let starts = (0..<vectors).map { vector -> Expr in
      let index = channel + vector * lanes
      guard let start = arithmetic.start, start.strides[0] != 0, lanes > 1 else {
        return arithmetic.start(index).splatted(lanes)
      }
      return .load(start.buffer, start.at([index]), lanes: lanes)
    }
    variables = (0..<positions).map { position in
      (0..<vectors).map { builder.declare("a\(position)_\($0)_", starts[$0]) }
    }
  }

  /// Adds activation x weight for one step of the depth.
  ///
  /// - Parameters:
  ///   - weights: The offset of the block's weights for this step.
  ///   - table: The packed weights.
  ///   - activations: One scalar for each position.
  ///   - builder: Takes the statements.
  func accumulate(
    _ weights: Expr, _ table: Buffer, _ activations: [Expr], _ builder: LoopBuilder
  ) {
    let loaded = (0..<vectors).map { vector in
      let load = Expr.load(table, weights + vector * lanes, lanes: lanes)
      return builder.define("w", arithmetic.factor(load))
    }
    for (row, activation) in zip(variables, activations) {
      let x = builder.define("x", arithmetic.activation(activation)).splatted(lanes)
      for (variable, weight) in zip(row, loaded) { builder.accumulate(variable, x * weight) }
    }
  }
}

/// Copies weights as wide as `Bits` block by block; `index` is affine in the channel.
@inline(__always)
private func pack<Bits: FixedWidthInteger & BitwiseCopyable>(
  _ blocks: [ChannelBlock], _ depth: Int, _ source: UnsafeRawBufferPointer,
  _ target: UnsafeMutableRawBufferPointer, _ index: (Int, Int) -> Int, _: Bits.Type
) {
  let size = MemoryLayout<Bits>.size
  var next = 0
  for block in blocks {
    for number in 0..<block.repeats {
      let first = block.first + number * block.size
      for row in 0..<depth {
        let start = index(first, row)
        let step = block.size > 1 ? index(first + 1, row) - start : 0
        for number in 0..<block.size {
          let value = source.loadUnaligned(
            fromByteOffset: (start + number * step) * size, as: Bits.self)
          target.storeBytes(of: value, toByteOffset: next * size, as: Bits.self)
          next += 1
        }
      }
    }
  }
}
