/// The running product along an axis.
public struct CumProd: Cumulative {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "CumProd", since: 26, operands: ["x", "axis"], results: ["y"],
    attributes: ["exclusive": .int(0), "reverse": .int(0)])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: `exclusive` and `reverse`.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }
  /// What a total starts with.
  public var start: Double { 1 }

  /// The product so far.
  ///
  /// - Parameters:
  ///   - total: Before the element.
  ///   - element: The element.
  /// - Returns: The total with it.
  public func next(_ total: Expr, _ element: Expr) -> Expr {
    total * element
  }
}
