/// An operator on two tensors of 8-bit integers, element by element after broadcasting: QLinearAdd
/// and QLinearMul.
package protocol QuantizedPair: PositionKeeping {
  /// What real numbers are joined by.
  func joined(_ a: Expr, _ b: Expr) -> Expr
  /// The same in integers alone; `nil` where the scales do not allow it.
  func integers(_ grids: QuantizedPairGrids) -> ((_ a: Expr, _ b: Expr) -> Expr)?
}

/// The grids of both operands and of the result.
package struct QuantizedPairGrids {
  package var a: QuantizedGrid
  package var b: QuantizedGrid
  package var y: QuantizedGrid

  package init(a: QuantizedGrid, b: QuantizedGrid, y: QuantizedGrid) {
    (self.a, self.b, self.y) = (a, b, y)
  }

  init(_ context: InferenceContext) throws(DiagnosticMessage) {
    let (a, b) = (try context.quantized(0), try context.quantized(3))
    guard a.element == b.element else {
      throw DiagnosticMessage(
        "element-mismatch", "the operands are \(a) and \(b), but must have one element type")
    }
    self.a = try context.grid(a.element, scale: 1, zeroPoint: 2)
    self.b = try context.grid(a.element, scale: 4, zeroPoint: 5)
    y = try context.grid(a.element, scale: 6, zeroPoint: 7)
  }
}

extension QuantizedPair {
  package static func declared(_ name: String) -> OperatorSchema {
    OperatorSchema(
      name, domain: "com.microsoft",
      operands: [
        "A", "A_scale", "A_zero_point?", "B", "B_scale", "B_zero_point?", "C_scale",
        "C_zero_point?",
      ], results: ["C"],
      attributes: ["hi": nil, "lo": nil, "requantize": .string("onnx")],
      allowed: Requantization.allowed, adapted: Requantization.names)
  }

  /// Always.
  package var storesOnce: Bool { true }
  /// Both tensors; the planner checks types and shapes.
  package var inPlaceOperands: [Int] { [0, 3] }

  /// The broadcast shape.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let grids = try QuantizedPairGrids(context)
    let form = try Requantization(settings, grids.y.element).form
    guard form == .onnx || integers(grids) != nil else {
      throw DiagnosticMessage(
        "quantization-scale", "requantize = \"fast\" cannot tell scales this far apart")
    }
    let shapes = [try context.type(0).shape, try context.type(3).shape]
    guard let shape = broadcastShape(shapes) else {
      throw DiagnosticMessage(
        "broadcast",
        "the operands \(try context.type(0)) and \(try context.type(3)) do not "
          + "broadcast to one shape")
    }
    return [try TensorType.checked(grids.y.element, shape)]
  }

  /// One pass over the elements: in integers, or by tables of the real numbers.
  ///
  /// Tables, because a product and a sum in one expression might be joined to one rounding.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (a, b, y) = (try builder.operand(0), try builder.operand(3), try builder.result())
    let grids = try QuantizedPairGrids(builder.context)
    let requantization = try Requantization(settings, grids.y.element)
    if requantization.form == .fast, let integers = integers(grids) {
      return builder.forEachPlace(y, [a, b]) { x in
        requantization.clamped(integers(x[0], x[1]), y.element)
      }
    }
    let tables = [grids.a, grids.b].map { grid in
      builder.table(grid.realTable, "real")
    }
    let zero = Expr.constant(Double(grids.y.zeroPoint), .int32)
    let scale = Expr.constant(Double(grids.y.scale), .float32)
    builder.forEachPlace(y, [a, b]) { x in
      let real = joined(tables[0].element(forByte: x[0]), tables[1].element(forByte: x[1]))
      return requantization.rounded(real / scale, zero, y.element)
    }
  }
}

extension QuantizedGrid {
  /// What each byte stands for.
  package var realTable: Constant {
    .byteTable(of: element, .float32) { Double(real($0)) }
  }
}

extension Requantization {
  /// An int32 kept in the bounds.
  func clamped(_ value: Expr, _ element: ElementType) -> Expr {
    let low = value.maximum(.constant(Double(bounds.lowerBound), .int32))
    return low.minimum(.constant(Double(bounds.upperBound), .int32)).converted(to: element)
  }
}
