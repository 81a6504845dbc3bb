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
    let bytes = source.dense
    let size = channels * depth * 4
    let make: @Sendable (UnsafeMutableRawBufferPointer) -> Void = { out in
      bytes.withUnsafeBytes { pack(blocks, depth, $0, out, index) }
    }
    // Large tables are packed when they are written, one after the other.
    let packed = size > 1 << 20 ? Bytes(derived: size, make: make) : Bytes(count: size, fill: make)
    buffer = builder.addConstant(packed, .float32, channels * depth, "packed", operand)
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

  /// Declares them, starting from the bias.
  init(
    positions: Int, block: ChannelBlock, available: Int, channel: Expr, bias: TensorView?,
    _ builder: LoopBuilder
  ) {
    let lanes = block.lanes(available)
    let vectors = block.size / lanes
    (self.positions, self.vectors, self.lanes) = (positions, vectors, lanes)
    let starts = (0..<vectors).map { vector -> Expr in
      guard let bias else { return Expr.constant(0, .float32).splatted(lanes) }
      let index = channel + vector * lanes
      if bias.strides[0] == 0 || lanes == 1 { return bias[[index]].splatted(lanes) }
      return .load(bias.buffer, bias.at([index]), lanes: lanes)
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
      builder.define("w", .load(table, weights + vector * lanes, lanes: lanes))
    }
    for (row, activation) in zip(variables, activations) {
      let x = builder.define("x", activation).splatted(lanes)
      for (variable, weight) in zip(row, loaded) { builder.accumulate(variable, x * weight) }
    }
  }
}

/// Copies float32 weights block by block; `index` is affine in the channel.
private func pack(
  _ blocks: [ChannelBlock], _ depth: Int, _ source: UnsafeRawBufferPointer,
  _ target: UnsafeMutableRawBufferPointer, _ index: (Int, Int) -> Int
) {
  var next = 0
  for block in blocks {
    for number in 0..<block.repeats {
      let first = block.first + number * block.size
      for row in 0..<depth {
        let start = index(first, row)
        let step = block.size > 1 ? index(first + 1, row) - start : 0
        for number in 0..<block.size {
          let value = source.loadUnaligned(
            fromByteOffset: (start + number * step) * 4, as: UInt32.self)
          target.storeBytes(of: value, toByteOffset: next * 4, as: UInt32.self)
          next += 1
        }
      }
    }
  }
}
