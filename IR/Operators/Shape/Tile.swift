/// A tensor repeated along each axis.
package struct Tile: Operator {
  package static let schema = OperatorSchema(
    "Tile", operands: ["input", "repeats"], results: ["output"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Makes repeats for every axis of the count and axis of opsets 1 to 5.
  ///
  /// - Throws: `adapt-tile`.
  package static func adapt(_ node: inout ForeignNode) throws(DiagnosticMessage) {
    guard node.opset < 6, node.operands.count == 3 else { return }
    guard case .constant(let tiles)? = node.operands[1],
      case .constant(let axes)? = node.operands[2],
      let count = tiles.numbers.first, let axis = axes.numbers.first,
      let rank = node.operandTypes[0]?.rank, axis >= 0, axis < Double(rank), abs(count) < 0x1p40
    else {
      throw DiagnosticMessage("adapt-tile", "tiles and axis must be constants before opset 6")
    }
    var repeats = [Int](repeating: 1, count: rank)
    repeats[Int(axis)] = Int(count)
    node.operands.removeLast()
    node.operandTypes.removeLast()
    node.setOperand(1, .indices(repeats))
  }

  /// The extents times the repeats.
  ///
  /// - Throws: `tile-repeats`, `element-type`, `extent`, `unknown-value`.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let data = try context.computable(0)
    let repeats = try context.integers(1, "the repeats")
    guard repeats.count == data.rank, repeats.allSatisfy({ 0...(1 << 40) ~= $0 }) else {
      throw DiagnosticMessage("tile-repeats", "repeats \(repeats) do not fit \(data)")
    }
    let products = zip(data.shape, repeats).map { product([$0, $1]) }
    guard !products.contains(where: \.overflow) else {
      throw DiagnosticMessage("extent", "\(data) repeated \(repeats) times is too large")
    }
    return [try TensorType.checked(data.element, products.map(\.value))]
  }

  /// The declared extents divided by those of the operand.
  package func impliedOperands(_ context: InferenceContext) -> [Int: ImpliedOperand] {
    guard let (count, result) = context.shown(1), let data = context.operands[0],
      count == data.rank, result.rank == data.rank, !data.shape.contains(0)
    else { return [:] }
    let pairs = zip(result.shape, data.shape)
    guard pairs.allSatisfy({ $0 % $1 == 0 }) else { return [:] }
    return [1: ImpliedOperand(exactly: pairs.map { $0 / $1 })]
  }

  /// Copies from the operand seen with repeated axes.
  ///
  /// - Throws: `missing-operand`.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, y) = (try builder.operand(0), try builder.result())
    if builder.epilogue != nil {
      return builder.loops(y.shape) { index in
        let source = index.indices.map { combine(.rem, index[$0], .integer(x.shape[$0])) }
        builder.store(x[source], to: y, at: index)
      }
    }
    guard y.count > 0 else { return }
    let shape = x.shape.indices.flatMap { [y.shape[$0] / x.shape[$0], x.shape[$0]] }
    let source = TensorView(
      x.buffer, shape, strides: x.strides.flatMap { [0, $0] }, offset: x.offset)
    let strides = y.strides.indices.flatMap { [y.strides[$0] * x.shape[$0], y.strides[$0]] }
    let target = TensorView(y.buffer, shape, strides: strides, offset: y.offset)
    builder.copy(source, to: target)
  }
  package var storesOnce: Bool { true }
}
