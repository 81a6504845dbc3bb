/// The extents of a tensor, or of some of its axes.
public struct Shape: Operator {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "Shape", operands: ["data"], results: ["shape"], attributes: ["end": nil, "start": .int(0)])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: `end` and `start`.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// The extents between `start` and `end`.
  ///
  /// - Parameter type: The operand.
  /// - Returns: The result's elements.
  public func extents(_ type: TensorType) -> [Int] {
    let start = Self.clamped(attributes.int("start"), type.rank)
    let end = Self.clamped(attributes.int("end", type.rank), type.rank)
    return start < end ? Array(type.shape[start..<end]) : []
  }

  private static func clamped(_ axis: Int, _ rank: Int) -> Int {
    max(0, min(axis < 0 ? axis + rank : axis, rank))
  }

  /// A list of int64.
  ///
  /// - Parameter context: The operand.
  /// - Returns: One type.
  /// - Throws: `missing-operand`.
  public func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    [TensorType(.int64, [extents(try context.type(0)).count])]
  }

  /// Types are static, so the extents are known.
  ///
  /// - Parameter context: The operands.
  /// - Returns: The constant.
  public func fold(_ context: InferenceContext) -> [Constant]? {
    context.operands.first.flatMap { $0 }.map { [.indices(extents($0))] }
  }

  /// Copies from a table.
  ///
  /// - Parameter builder: Takes the loops.
  /// - Throws: `missing-operand`.
  public func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let table = Constant.indices(extents(try builder.context.type(0)))
    builder.copy(builder.table(table, "shape"), to: try builder.result())
  }
  /// Always.
  public var storesOnce: Bool { true }
}
