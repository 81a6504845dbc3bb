/// A product with weights of 2, 4 or 8 bits, which have a scale for each block of a row (com.microsoft, opset 1).
///
/// Weights stay packed in flash and are taken apart while they are read.
package struct MatMulNBits: Operator {
  package static let schema = OperatorSchema(
    "MatMulNBits", domain: "com.microsoft", through: 1,
    operands: ["A", "B", "scales", "zero_points?", "g_idx?", "bias?"],
    attributes: [
      "K": nil, "N": nil, "accuracy_level": .int(0), "bits": .int(4), "block_size": nil,
      "weight_prepacked": .int(0),
    ],
    allowed: [
      "K": .positive, "N": .positive, "accuracy_level": .integers(0...4),
      "bits": .numbers([2, 4, 8]),
      "block_size": .integers(16...(1 << 20)), "weight_prepacked": .integers(0...0),
    ])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  /// 1e-4: sums are rounded block by block.
  package var tolerance: Double { 1e-4 }
  package var storesOnce: Bool { true }

  /// Weights of a column.
  package var depth: Int { settings.int("K") }
  /// Columns of the result.
  package var columns: Int { settings.int("N") }
  /// Bits of a weight.
  package var bits: Int { settings.int("bits") }
  /// Weights that share a scale.
  package var block: Int { max(settings.int("block_size"), 1) }
  /// Blocks of a column.
  package var blocks: Int { (depth + block - 1) / block }
  /// Weights in a byte.
  package var perByte: Int { 8 / bits }
  /// Bytes of the zero points of a row.
  package var zeroBytes: Int { (blocks * bits + 7) / 8 }

  /// The last axis of A becomes N.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let (a, b, scales) = (try context.real(0), try context.computable(1), try context.real(2))
    guard [2, 4, 8].contains(bits), 16...(1 << 20) ~= block, 1...(1 << 30) ~= columns,
      a.rank > 0, a.shape[a.rank - 1] == depth, b.element == .uint8, block % perByte == 0,
      product([columns, blocks, block / perByte]) == (b.count, false),
      scales.count == columns * blocks
    else {
      throw DiagnosticMessage(
        "matmul-bits",
        "A, B and scales do not fit \(columns) rows of \(depth) weights of \(bits) bits in blocks of "
          + "\(block)", notes: ["A is \(a)", "B is \(b)", "scales is \(scales)"])
    }
    guard !context.has(4) else {
      throw .contrib("MatMulNBits", "g_idx is not compiled; its use is deprecated")
    }
    if context.has(3) {
      let zeros = try context.computable(3)
      let expected = zeros.element == .uint8 ? columns * zeroBytes : columns * blocks
      guard zeros.element == .uint8 || zeros.element == a.element, zeros.count == expected else {
        throw DiagnosticMessage("matmul-bits", "zero_points is \(zeros), which does not fit")
      }
    }
    if context.has(5) { try context.checkBroadcast(5, to: [columns], "bias") }
    return [TensorType(a.element, Array(a.shape.dropLast()) + [columns])]
  }

  /// A sum for each block, times its scale.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (a, y) = (try builder.operand(0), try builder.result())
    let weights = try flat(builder, 1)
    let scales = try flat(builder, 2)
    let zeros = try builder.operandIfAny(3).map { _ throws(DiagnosticMessage) in
      try flat(builder, 3)
    }
    let bias = builder.operandIfAny(5)
    let whole = depth / block
    builder.loops(y.shape) { index in
      let (row, column) = (Array(index.dropLast()), index[y.rank - 1])
      let total = builder.declare("total", bias?[[column]] ?? .constant(0, a.element))
      let add = { (place: Expr, count: Int) in
        let number = builder.define("block", column * blocks + place)
        let zero = builder.define("zero", zero(zeros, column, place, number, a.element))
        let sum = builder.declare("sum", .constant(0, a.element))
        let first = builder.define("byte", number * (block / perByte))
        builder.loop("k", (count + perByte - 1) / perByte) { step in
          let byte = builder.define("packed", weights[[first + step]].converted(to: .int32))
          for part in 0..<perByte {
            let at = place * block + step * perByte + part
            let weight = self.part(byte, part).converted(to: a.element) - zero
            let addend =
              a[row + [count % perByte == 0 ? at : at.minimum(.integer(depth - 1))]] * weight
            if count % perByte == 0 {
              builder.accumulate(sum, addend)
            } else {
              builder.when(at.compared(.lt, .integer(depth))) { builder.accumulate(sum, addend) }
            }
          }
        }
        builder.accumulate(total, .variable(sum) * scales[[number]].converted(to: a.element))
      }
      builder.loop("b", whole) { add($0, block) }
      if depth % block != 0 { add(.integer(whole), depth % block) }
      builder.store(.variable(total), to: y, at: index)
    }
  }

  /// An operand as a list.
  private func flat(_ builder: LoopBuilder, _ index: Int) throws(DiagnosticMessage) -> TensorView {
    let view = try builder.operand(index)
    guard let flat = view.reshaped([view.count]) else {
      throw DiagnosticMessage("matmul-bits", "operand \(index) does not lie in one piece")
    }
    return flat
  }

  /// A field of a byte.
  private func part(_ byte: Expr, _ part: Int) -> Expr {
    if bits == 8 { return byte }
    let shifted = part == 0 ? byte : .binary(.shr, byte, .number(Double(part * bits), .int32))
    return .binary(.and, shifted, .number(Double((1 << bits) - 1), .int32))
  }

  /// The zero point of a block; half of the range where none are given.
  private func zero(
    _ zeros: TensorView?, _ column: Expr, _ place: Expr, _ number: Expr, _ element: ElementType
  ) -> Expr {
    guard let zeros else { return .constant(Double(1 << (bits - 1)), element) }
    guard zeros.element == .uint8 else { return zeros[[number]] }
    let byte = zeros[[column * zeroBytes + combine(.div, place, .integer(perByte))]]
      .converted(to: .int32)
    if bits == 8 { return byte.converted(to: element) }
    let shift = (combine(.rem, place, .integer(perByte)) * bits).converted(to: .int32)
    let field = Expr.binary(
      .and, .binary(.shr, byte, shift), .number(Double((1 << bits) - 1), .int32))
    return field.converted(to: element)
  }
}
