/// The axes in another order.
public struct Transpose: ElementCarrier {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "Transpose", operands: ["data"], results: ["transposed"], attributes: ["perm": nil])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: `perm`.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// For each new axis the old one; reversed if absent.
  ///
  /// - Parameter rank: The operand's rank.
  /// - Returns: A permutation of `0 ..< rank` if the attribute is one.
  public func order(rank: Int) -> [Int] { attributes.ints("perm") ?? (0..<rank).reversed() }

  /// The permuted shape.
  ///
  /// - Parameter context: The operand.
  /// - Returns: One type.
  /// - Throws: `transpose-perm`.
  public func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let data = try context.type(0)
    let order = order(rank: data.rank)
    guard order.sorted() == Array(0..<data.rank) else {
      throw DiagnosticMessage(
        "transpose-perm", "perm \(order) is not a permutation of the axes of \(data)")
    }
    return [TensorType(data.element, order.map { data.shape[$0] })]
  }

  /// The operand's memory with permuted strides.
  ///
  /// - Parameters:
  ///   - operand: Where operand 0 lies.
  ///   - context: The operand.
  /// - Returns: The view.
  public func view(of operand: TensorView, _ context: InferenceContext) -> [TensorView]? {
    [operand.permuted(order(rank: operand.rank))]
  }

  /// Copies in the new order.
  ///
  /// - Parameter builder: Takes the loops.
  /// - Throws: `missing-operand`.
  public func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let x = try builder.operand(0)
    builder.copyElements(from: x.permuted(order(rank: x.rank)), to: try builder.result())
  }
}
