/// An operator that sees a tensor as lines along an axis, each of which it brings to a scale.
///
/// Before opset 13 a line also went along all later axes: importing such a node sets `flattened`.
public protocol Normalizing: Operator {
  /// Emits the loops of one line; `visit` loops over its elements as often as it is called.
  func line(_ builder: LoopBuilder, _ line: Line)
}

/// One line of a normalizing operator.
public struct Line {
  /// The operand.
  public let x: TensorView
  /// The result.
  public let y: TensorView
  /// Where the line begins.
  let start: [Expr]
  /// The axes that it goes along.
  let axes: [Int]
  let builder: LoopBuilder

  /// Loops over the elements of the line.
  ///
  /// - Parameter body: Gets the index of each.
  public func visit(_ body: (_ index: [Expr]) -> Void) {
    builder.loops(axes.map { x.shape[$0] }, "k") { inner in
      var index = start
      for (axis, part) in zip(axes, inner) { index[axis] = part }
      body(index)
    }
  }

  /// The greatest element.
  ///
  /// - Returns: A variable that holds it; NaN if there is one.
  public func greatest() -> Expr {
    let most = builder.declare("most", .lowest(x.element))
    visit { builder.assign(most, Expr.variable(most).maximumOrNaN(x[$0])) }
    return .variable(most)
  }
}

extension Normalizing {
  /// Writes down the axis that opsets 1 to 12 take by default and that lines go along later axes.
  ///
  /// - Parameter node: The node as the file has it.
  /// - Throws: Nothing.
  public static func adapt(_ node: inout ForeignNode) throws(DiagnosticMessage) {
    guard node.opset < 13 else { return }
    let axis = node.attributes.int("axis") ?? 1
    node.attributes["axis"] = .int(axis)
    guard let shape = node.operandTypes.first.flatMap({ $0 })?.shape else { return }
    let first = axis < 0 ? axis + shape.count : axis
    if first >= 0, first < shape.count, shape[(first + 1)...].allSatisfy({ $0 == 1 }) { return }
    node.attributes["flattened"] = .int(1)
  }

  private func axes(_ shape: [Int]) throws(DiagnosticMessage) -> [Int] {
    let (axis, rank) = (settings.int("axis"), shape.count)
    if settings.flag("flattened"), axis == rank { return [] }
    let first = try existingAxis(axis, TensorType(.float32, shape))
    return settings.flag("flattened") ? Array(first..<rank) : [first]
  }

  /// The operand's type.
  ///
  /// - Parameter context: The operand.
  /// - Returns: One type.
  /// - Throws: `element-type`, `axis-range`.
  public func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let type = TensorType(try context.floating(), try context.type(0).shape)
    _ = try axes(type.shape)
    return [type]
  }

  /// One line after the other.
  ///
  /// - Parameter builder: Takes the loops.
  /// - Throws: `missing-operand`, `axis-range`.
  public func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, y) = (try builder.operand(0), try builder.result())
    let axes = try axes(x.shape)
    builder.loops(reducedShape(x.shape, axes, keep: true)) { index in
      line(builder, Line(x: x, y: y, start: index, axes: axes, builder: builder))
    }
  }

  /// The operand: a line has been read when its result is stored.
  public var inPlaceOperands: [Int] { [0] }
}
