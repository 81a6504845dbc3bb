/// The index of the greatest element along an axis.
public struct ArgMax: ArgReduction {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "ArgMax", operands: ["data"], results: ["reduced"],
    attributes: ["axis": .int(0), "keepdims": .int(1), "select_last_index": .int(0)])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: `axis`, `keepdims` and `select_last_index`.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }
  /// Whether an element takes the place of an earlier one.
  public static let comparison = CompareOp.gt
  /// The same, when the last of equal elements is wanted.
  public static let lastComparison = CompareOp.ge
}
