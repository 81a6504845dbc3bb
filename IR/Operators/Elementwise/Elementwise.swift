/// An operator whose result element depends on one element of each operand, after broadcasting.
///
/// A conforming type gives `scalar` and, where operands or result are not numbers of one type,
/// `resultElement`; inference, lowering and the facts follow from that.
public protocol Elementwise: Operator {
  /// The result's element from the operands' elements, all in the compute type.
  func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr

  /// The result's element type.
  ///
  /// - Throws: What is wrong with the operands' types.
  func resultElement(_ context: InferenceContext) throws(DiagnosticMessage) -> ElementType

  /// Whether `scalar` uses only operations that exist for vectors: then fast kernels may apply it
  /// to whole vectors.
  var isVectorizable: Bool { get }
}

extension Elementwise {
  /// The number type of the operands.
  ///
  /// - Parameter context: The operands.
  /// - Returns: The element type that all operands share.
  /// - Throws: `element-type` for bool and types that are data only, `element-mismatch`.
  public func resultElement(_ context: InferenceContext) throws(DiagnosticMessage) -> ElementType {
    try context.numeric()
  }

  /// Not known to exist for vectors.
  public var isVectorizable: Bool { false }

  /// Applies opset 1 to 6 broadcasting by `axis`.
  ///
  /// - Parameter node: The node as the file has it.
  /// - Throws: `adapt-broadcast`.
  public static func adapt(_ node: inout ForeignNode) throws(DiagnosticMessage) {
    try node.adaptLegacyBroadcast()
  }

  /// The broadcast shape of the operands.
  ///
  /// - Parameter context: The operands.
  /// - Returns: One type.
  /// - Throws: `broadcast` when extents disagree, `element-type` for types that are data only.
  public func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    try context.elementwiseTypes(self)
  }

  /// One pass over the elements.
  ///
  /// - Parameter builder: Takes the loops.
  /// - Throws: `missing-operand`.
  public func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    try builder.lowerEach(self, builder.operands)
  }

  /// Always.
  public var storesOnce: Bool { true }
  /// All operands; the planner checks types and shapes.
  public var inPlaceOperands: [Int] { Array(0..<max(Self.schema.operands.count, 4)) }
}

extension InferenceContext {
  /// What an element-wise operator gives; not compiled for each of them.
  fileprivate func elementwiseTypes(
    _ op: any Elementwise
  ) throws(DiagnosticMessage) -> [TensorType] {
    let schema = Swift.type(of: op).schema
    guard schema.isVariadic || operands.count <= schema.operands.count else {
      throw DiagnosticMessage(
        "operand-count", "\(schema.name) takes \(schema.operands.count) operands")
    }
    for (index, operand) in schema.operands.enumerated() where operand.arity == .required {
      _ = try type(index)
    }
    let element = try op.resultElement(self)
    var shapes: [[Int]] = []
    for index in operands.indices where has(index) { shapes.append(try computable(index).shape) }
    guard let shape = broadcastShape(shapes) else {
      let types = operands.compactMap { $0?.description }.joined(separator: ", ")
      throw DiagnosticMessage("broadcast", "the operands \(types) do not broadcast to one shape")
    }
    return [try TensorType.checked(element, shape)]
  }
}

extension LoopBuilder {
  /// One pass over the elements of views that stand for the operands of an element-wise operator; not compiled for
  /// each of them.
  func lowerEach(
    _ op: any Elementwise, _ operands: [TensorView?]
  ) throws(DiagnosticMessage) {
    let y = try result()
    let x = operands.map { $0?.broadcast(to: y.shape) }
    if epilogue != nil {
      return loops(along: y) { index in
        store(op.scalar(x.compactMap { $0?[index] }, self), to: y, at: index)
      }
    }
    let present = x.compactMap { $0 }
    forEachElement([y] + present) { offsets in
      let loads = zip(present, offsets.dropFirst()).map { view, offset in
        Expr.load(view.buffer, offset, lanes: 1)
      }
      emit(.store(y.buffer, offsets[0], op.scalar(loads, self)))
    }
  }

  /// Joins numbers from the left; every step that the next one reads has a name, because a step
  /// that reads its operand twice would double the code for each operand.
  ///
  /// - Parameters:
  ///   - hint: A wish for the names of the steps.
  ///   - x: One or more numbers of one type.
  ///   - step: Joins what was joined so far and the next number.
  /// - Returns: All of them joined.
  public func joined(_ hint: String, _ x: [Expr], _ step: (Expr, Expr) -> Expr) -> Expr {
    var total = x[0]
    for (place, next) in x.dropFirst().enumerated() {
      total = step(place == 0 ? total : define(hint, total), next)
    }
    return total
  }
}
