/// Elements of a table by the bits of bytes: `table[x as uint8]`.
///
/// What any chain of unary operators between 8-bit integers amounts to. ONNX has it as Gather of
/// the table, where a negative index counts from the end, as the bits of an int8 do.
package struct Lookup: PositionKeeping {
  package static let schema = OperatorSchema(
    "Lookup", domain: "coppice", operands: ["x", "table"], results: ["y"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var storesOnce: Bool { true }
  package var inPlaceOperands: [Int] { [0] }

  /// The operand's shape in the type of the table.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let (x, table) = (try context.quantized(0), try context.computable(1))
    guard table.shape == [256] else {
      throw DiagnosticMessage("lookup-table", "the table is \(table); it must have 256 elements")
    }
    return [TensorType(table.element, x.shape)]
  }

  /// One pass over the elements.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, table, y) = (try builder.operand(0), try builder.operand(1), try builder.result())
    builder.forEachPlace(y, [x]) { table.element(forByte: $0[0]) }
  }
}

extension TensorView {
  /// The element of a table of 256 for the bits of an 8-bit integer.
  func element(forByte byte: Expr) -> Expr {
    self[[byte.converted(to: .uint8).converted(to: .index)]]
  }
}

extension LoopBuilder {
  /// Stores what is made of the elements at each place of a result, operands broadcast to it.
  func forEachPlace(
    _ y: TensorView, _ operands: [TensorView], _ value: (_ elements: [Expr]) -> Expr
  ) {
    let views = operands.map { $0.broadcast(to: y.shape) }
    guard epilogue == nil else {
      return loops(y.shape) { index in store(value(views.map { $0[index] }), to: y, at: index) }
    }
    forEachElement([y] + views) { offsets in
      let loads = zip(views, offsets.dropFirst()).map { view, offset in
        Expr.load(view.buffer, offset, lanes: 1)
      }
      emit(.store(y.buffer, offsets[0], value(loads)))
    }
  }
}
