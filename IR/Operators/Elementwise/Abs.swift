/// The magnitude of each element.
public struct Abs: Elementwise {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "Abs", operands: ["X"])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: None are known.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// `|x|`.
  ///
  /// - Parameters:
  ///   - x: One element.
  ///   - builder: Unused.
  /// - Returns: The result's element.
  public func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    x[0].element.isUnsigned ? x[0] : .unary(.abs, x[0])
  }
}
