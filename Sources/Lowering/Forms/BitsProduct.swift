import CoppiceIR

/// MatMulNBits with constant weights: panels of output columns, tiles of rows.
///
/// Weights stay packed, as `[panel][k][byte]`: a byte holds one weight each of as many columns as fit, those of a field side by side
/// in the panel. They are taken apart once for all rows of a tile.
struct BitsProduct: KernelForm {
  func plan(_ site: Site, _ storage: StorageKind, _ target: Target) -> Plan? {
    guard let p = BitsGeometry(site) else { return nil }
    let isVectorized =
      p.storesVectors && !target.vectors(of: .float32).isEmpty
      && site.tailIsVectorizable(along: p.y.rank - 1)
    let widest = isVectorized ? max(target.lanes(of: .float32), 2) : 2
    let sizes = sequence(first: widest) { $0 > 1 ? $0 / 2 : nil }.map { $0 * p.op.perByte }
    let blocks = ChannelBlock.cover(p.columns, sizes: sizes)
    // The plain loops are the only other way, and take each weight apart for each row.
    return Plan("product_bits", .dense, bytes: p.weights.type.byteCount, Work(), target) {
      builder throws(DiagnosticMessage) in
      let tables = BitsTables(p, blocks, builder)
      return try CoppiceLowering.kernel(
        "product_bits", vectors: isVectorized, builder, target, of: .float32
      ) {
        (lanes) throws(DiagnosticMessage) in
        builder.loops(Array(p.y.shape.dropLast(2)), "n") { outer in
          for block in blocks {
            BitsPanel(p, tables, block, lanes, target.accumulators(lanes: lanes, of: .float32)).run(
              outer, builder)
          }
        }
      }
    }
  }
}

/// A product with packed weights that are known.
struct BitsGeometry {
  let op: MatMulNBits
  let x: TensorView
  let y: TensorView
  let weights: Constant
  let scales: Constant
  let zeros: Constant?
  let bias: TensorView?

  var rows: Int { y.shape[y.rank - 2] }
  var columns: Int { op.columns }
  /// Whether neighbouring results lie side by side, and what is added to them too.
  var storesVectors: Bool {
    y.strides[y.rank - 1] == 1 && bias.map { $0.strides[$0.rank - 1] == 1 } ?? true
  }

  init?(_ site: Site) {
    guard let op = site.op as? MatMulNBits, let x = site.operands[0], let y = site.results[0],
      y.rank >= 2, x.element == .float32, let weights = site.constants[1],
      let scales = site.constants[2], op.columns % op.perByte == 0, op.block % op.perByte == 0
    else { return nil }
    zeros = site.operand(3) == nil ? nil : site.constants[3]
    guard site.operand(3) == nil || zeros != nil else { return nil }
    (self.op, self.x, self.y, self.weights, self.scales) = (op, x, y, weights, scales)
    bias = site.operand(5)?.broadcast(to: [op.columns])
  }
}

/// What a product with packed weights reads: weights, and for each block of a row its scale and zero point.
struct BitsTables {
  let weights: Buffer
  let scales: Buffer
  /// Packed as weights are, or floats.
  let zeros: Buffer?

  init(_ p: BitsGeometry, _ blocks: [ChannelBlock], _ builder: LoopBuilder) {
    let op = p.op
    let rowBytes = op.blocks * op.block / op.perByte
    weights = builder.addConstant(
      BitsTables.fields(p.weights.dense, op, blocks, rowBytes: rowBytes, count: op.depth), .uint8,
      op.depth * op.columns / op.perByte, "packed", 1)
    scales = BitsTables.numbers(p.scales, op, blocks, "scales", 2, builder)
    zeros = p.zeros.map { zeros in
      guard zeros.type.element == .uint8 else {
        return BitsTables.numbers(zeros, op, blocks, "zero points", 3, builder)
      }
      let packed = BitsTables.fields(
        zeros.dense, op, blocks, rowBytes: op.zeroBytes, count: op.blocks)
      return builder.addConstant(
        packed, .uint8, op.blocks * op.columns / op.perByte, "zero points", 3)
    }
  }

  /// Fields of the rows of columns, as `[panel][place][byte]`.
  private static func fields(
    _ bytes: Bytes, _ op: MatMulNBits, _ blocks: [ChannelBlock], rowBytes: Int, count: Int
  ) -> Bytes {
    let (bits, perByte) = (op.bits, op.perByte)
    return Bytes(count: count * op.columns / perByte) { out in
      bytes.withUnsafeBytes { raw in
        var next = 0
        for (first, size) in panels(blocks) {
          for place in 0..<count {
            for byte in 0..<size / perByte {
              var value: UInt8 = 0
              for field in 0..<perByte {
                let column = first + field * (size / perByte) + byte
                let held = raw[column * rowBytes + place / perByte]
                let number = held >> UInt8(place % perByte * bits) & UInt8((1 << bits) - 1)
                value |= number << UInt8(field * bits)
              }
              out[next] = value
              next += 1
            }
          }
        }
      }
    }
  }

  /// Numbers of the blocks of columns, as `[panel][block][column]`.
  private static func numbers(
    _ constant: Constant, _ op: MatMulNBits, _ blocks: [ChannelBlock], _ name: String,
    _ operand: Int,
    _ builder: LoopBuilder
  ) -> Buffer {
    let element = constant.type.element
    let size = element.bits / 8
    let source = constant.dense
    let bytes = Bytes(count: op.columns * op.blocks * size) { out in
      source.withUnsafeBytes { raw in
        var next = 0
        for (first, width) in panels(blocks) {
          for place in 0..<op.blocks {
            for column in first..<first + width {
              let from = (column * op.blocks + place) * size
              for byte in 0..<size { out[next * size + byte] = raw[from + byte] }
              next += 1
            }
          }
        }
      }
    }
    return builder.addConstant(bytes, element, op.columns * op.blocks, name, operand)
  }

  private static func panels(_ blocks: [ChannelBlock]) -> [(first: Int, size: Int)] {
    blocks.flatMap { block in
      (0..<block.repeats).map { (block.first + $0 * block.size, block.size) }
    }
  }
}

/// The panels of one size.
private struct BitsPanel {
  let p: BitsGeometry
  let tables: BitsTables
  let block: ChannelBlock
  /// Columns in a vector, and vectors in a panel.
  let lanes: Int
  let vectors: Int
  let tile: Int

  init(
    _ p: BitsGeometry, _ tables: BitsTables, _ block: ChannelBlock, _ available: Int,
    _ accumulators: Int
  ) {
    (self.p, self.tables, self.block) = (p, tables, block)
    lanes = min(available, block.size / p.op.perByte)
    vectors = block.size / lanes
    tile = max(1, min(4, accumulators / vectors))
  }

  func run(_ outer: [Expr], _ builder: LoopBuilder) {
    let full = p.rows / tile * tile
    builder.loop("b", block.repeats) { index in
      let column = builder.define("j", index * block.size + block.first)
      builder.loop("r", to: .integer(full), step: tile) {
        rows(tile, outer, $0, column, builder)
      }
      if p.rows > full { rows(p.rows - full, outer, .integer(full), column, builder) }
    }
  }

  private func rows(
    _ count: Int, _ outer: [Expr], _ row: Expr, _ column: Expr, _ builder: LoopBuilder
  ) {
    let sums = (0..<count).map { position in
      (0..<vectors).map { builder.declare("a\(position)_\($0)_", start(column + $0 * lanes)) }
    }
    let whole = p.op.depth / p.op.block
    builder.loop("k", whole) { blockOfRow($0, p.op.block, sums, outer, row, column, builder) }
    if p.op.depth % p.op.block > 0 {
      blockOfRow(.integer(whole), p.op.depth % p.op.block, sums, outer, row, column, builder)
    }
    builder.laneAxis = p.y.rank - 1
    for (position, line) in sums.enumerated() {
      for (vector, sum) in line.enumerated() {
        builder.store(
          .variable(sum), to: p.y, at: outer + [row + position, column + vector * lanes])
      }
    }
  }

  private func start(_ column: Expr) -> Expr {
    guard let bias = p.bias else { return Expr.constant(0, .float32).splatted(lanes) }
    guard bias.strides[0] != 0, lanes > 1 else { return bias[[column]].splatted(lanes) }
    return .load(bias.buffer, bias.at([column]), lanes: lanes)
  }

  /// Adds the products of one block of the depth, whose weights share scales and zero points.
  private func blockOfRow(
    _ place: Expr, _ count: Int, _ sums: [[Variable]], _ outer: [Expr], _ row: Expr, _ column: Expr,
    _ builder: LoopBuilder
  ) {
    let (op, width) = (p.op, block.size / p.op.perByte)
    let numbers = builder.define("q", column * op.blocks + place * block.size)
    let fields = (0..<vectors).map { vector -> (scale: Expr, zero: Expr) in
      let factor = Expr.number(1 / Double(unit(vector)), .float32).splatted(lanes)
      let scale = Expr.load(tables.scales, numbers + vector * lanes, lanes: lanes).converted(
        to: .float32)
      return (
        builder.define("scale", vector * lanes < width ? scale : scale * factor),
        builder.define("zero", zero(vector, numbers, column, place, width))
      )
    }
    let first = builder.define(
      "w0", column * op.depth / .integer(op.perByte) + place * (op.block * width))
    let start = builder.define("x0", p.x.at(outer + [row, place * op.block]))
    let (strideR, strideK) = (p.x.strides[p.x.rank - 2], p.x.strides[p.x.rank - 1])
    builder.loop("s", count) { step in
      let weights = weights(first + step * width, fields, builder)
      for (position, line) in sums.enumerated() {
        let load = Expr.load(p.x.buffer, start + step * strideK + position * strideR, lanes: 1)
        let x = builder.define("x", load).splatted(lanes)
        for (sum, weight) in zip(line, weights) { builder.accumulate(sum, x * weight) }
      }
    }
  }

  /// What a field counts in: its lowest bit in the byte.
  private func unit(_ vector: Int) -> Int { 1 << (field(vector) * p.op.bits) }

  private func field(_ vector: Int) -> Int { vector * lanes / (block.size / p.op.perByte) }

  /// The weights of a step: fields of bytes less their zero points, times their scales.
  private func weights(
    _ place: Expr, _ fields: [(scale: Expr, zero: Expr)], _ builder: LoopBuilder
  ) -> [Expr] {
    let width = block.size / p.op.perByte
    let bytes = (0..<width / lanes).map { part in
      let load = Expr.load(tables.weights, place + part * lanes, lanes: lanes)
      return builder.define("packed", load.converted(to: .int32))
    }
    return fields.enumerated().map { vector, field in
      let number = masked(bytes[vector % bytes.count], vector).converted(to: .float32)
      return builder.define("w", (number - field.zero) * field.scale)
    }
  }

  private func masked(_ bytes: Expr, _ vector: Int) -> Expr {
    if p.op.perByte == 1 { return bytes }
    let mask = Double(((1 << p.op.bits) - 1) * unit(vector))
    return .binary(.and, bytes, Expr.number(mask, .int32).splatted(lanes))
  }

  /// The zero points of a vector of columns, in the unit of their field.
  private func zero(
    _ vector: Int, _ numbers: Expr, _ column: Expr, _ place: Expr, _ width: Int
  ) -> Expr {
    let unit = Double(unit(vector))
    guard let zeros = tables.zeros else {
      return Expr.number(Double(1 << (p.op.bits - 1)) * unit, .float32).splatted(lanes)
    }
    guard zeros.element == .uint8 else {
      let zero = Expr.load(zeros, numbers + vector * lanes, lanes: lanes).converted(to: .float32)
      return unit == 1 ? zero : zero * Expr.number(unit, .float32).splatted(lanes)
    }
    let first =
      column * p.op.blocks / .integer(p.op.perByte) + place * width + vector * lanes % width
    let bytes = Expr.load(zeros, first, lanes: lanes).converted(to: .int32)
    return masked(bytes, vector).converted(to: .float32)
  }
}
