/// The extents of a tensor, or of some of its axes.
package struct Shape: Operator {
  package static let schema = OperatorSchema(
    "Shape", operands: ["data"], results: ["shape"], attributes: ["end": nil, "start": .int(0)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// The extents between `start` and `end`.
  ///
  /// - Parameter type: The operand.
  /// - Returns: The result's elements.
  package func extents(_ type: TensorType) -> [Int] {
    let start = Self.clamped(settings.int("start"), type.rank)
    let end = Self.clamped(settings.int(given: "end") ?? type.rank, type.rank)
    return start < end ? Array(type.shape[start..<end]) : []
  }

  private static func clamped(_ axis: Int, _ rank: Int) -> Int {
    max(0, min(axis < 0 ? axis + rank : axis, rank))
  }

  /// A list of int64.
  ///
  /// - Throws: `missing-operand`.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    [TensorType(.int64, [extents(try context.type(0)).count])]
  }

  /// Types are static, so the extents are known.
  package func fold(_ context: InferenceContext) -> [Constant]? {
    context.operands.first.flatMap { $0 }.map { [.indices(extents($0))] }
  }

  /// Copies from a table.
  ///
  /// - Throws: `missing-operand`.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let table = Constant.indices(extents(try builder.context.type(0)))
    builder.copy(builder.table(table, "shape"), to: try builder.result())
  }
  package var storesOnce: Bool { true }
}
