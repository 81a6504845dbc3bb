/// The larger of each element and zero; NaN stays NaN.
public struct Relu: Elementwise {
  /// What it is called and takes.
  public static let schema = OperatorSchema("Relu", operands: ["X"])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: None are known.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }
  /// Comparison and choice exist for vectors.
  public var isVectorizable: Bool { true }

  /// `x < 0 ? 0 : x`.
  ///
  /// - Parameters:
  ///   - x: One element.
  ///   - builder: Unused.
  /// - Returns: The result's element.
  public func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    guard case .element(let element) = x[0].scalar else { return x[0] }
    let zero = Expr.constant(0, element)
    return .select(x[0].compared(.lt, zero), zero, x[0])
  }
}
