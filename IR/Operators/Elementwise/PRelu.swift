/// Each element, those below zero times a slope that is broadcast.
public struct PRelu: Elementwise {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "PRelu", operands: ["X", "slope"])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: None are known.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }
  /// Its operations exist for vectors.
  public var isVectorizable: Bool { true }

  /// Lines the slopes of opsets 1 to 6 up with the channels.
  ///
  /// - Parameter node: The node as the file has it.
  /// - Throws: Nothing.
  public static func adapt(_ node: inout ForeignNode) throws(DiagnosticMessage) {
    node.attributes["consumed_inputs"] = nil
    guard node.opset < 7, node.operandTypes.count > 1, let x = node.operandTypes[0],
      let slope = node.operandTypes[1], slope.rank == 1, slope.shape != [1], x.rank > 2
    else { return }
    node.padShapes[1] = slope.shape + Array(repeating: 1, count: x.rank - 2)
  }

  /// `x < 0 ? slope * x : x`.
  ///
  /// - Parameters:
  ///   - x: One element of each operand.
  ///   - builder: Unused.
  /// - Returns: The result's element.
  public func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    .select(x[0].compared(.lt, x[0].like(0)), x[1] * x[0], x[0])
  }
}
