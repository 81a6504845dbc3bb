/// Quantized tensors one after the other along an axis, each brought to the scale of the result.
package struct QLinearConcat: Operator {
  package static let schema = OperatorSchema(
    "QLinearConcat", domain: "com.microsoft",
    operands: ["Y_scale", "Y_zero_point", "inputs*"], attributes: ["axis": nil])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// The numbers of the tensors among the operands, and their grids.
  package func parts(
    _ context: InferenceContext
  ) throws(DiagnosticMessage) -> [(operand: Int, grid: QuantizedGrid)] {
    guard context.operands.count >= 5, context.operands.count % 3 == 2 else {
      throw DiagnosticMessage(
        "operand-count", "QLinearConcat takes a scale, a zero point and three operands a tensor")
    }
    var parts: [(operand: Int, grid: QuantizedGrid)] = []
    for index in stride(from: 2, to: context.operands.count, by: 3) {
      let element = try context.quantized(index).element
      parts.append((index, try context.grid(element, scale: index + 1, zeroPoint: index + 2)))
    }
    return parts
  }

  private func joining(_ context: InferenceContext) throws(DiagnosticMessage) -> InferenceContext {
    InferenceContext(operands: try parts(context).map { context.operands[$0.operand] })
  }

  /// The sum of the extents along the axis.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let types = try Concat(attributes: attributes).inferTypes(joining(context))
    _ = try context.grid(types[0].element, scale: 0, zeroPoint: 1)
    return types
  }

  /// A table for each tensor of another scale, and Concat.
  package func decompose(_ builder: inout DecompositionBuilder) throws(DiagnosticMessage) -> Bool {
    let parts = try parts(builder.context)
    let y = try builder.context.grid(parts[0].grid.element, scale: 0, zeroPoint: 1)
    var moved: [ValueID?] = []
    for (operand, grid) in parts {
      guard let value = builder.operands[operand] else { continue }
      let table = builder.constant(grid.table(to: y))
      moved.append(grid == y ? value : try builder.node(Lookup(), value, table))
    }
    builder.setResult(0, try builder.add(Concat(attributes: attributes), moved)[0])
    return true
  }

  /// Lowered by way of Lookup and Concat.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    throw DiagnosticMessage("compiler-fault", "QLinearConcat is decomposed")
  }
}

extension QuantizedGrid {
  /// The integers of another grid nearest to what the integers of this one stand for.
  ///
  /// - Parameters:
  ///   - other: The grid of the table's elements.
  ///   - function: What becomes of the real numbers on the way.
  /// - Returns: A constant for Lookup.
  public func table(
    to other: QuantizedGrid, _ function: (Float) -> Float = { $0 }
  ) -> Constant {
    .byteTable(of: element, other.element) { Double(other.quantized(function(real($0)))) }
  }
}
