/// A running total along an axis that operand 1 names.
public protocol Cumulative: Operator {
  /// What a total starts with.
  var start: Double { get }

  /// The total with one element more.
  func next(_ total: Expr, _ element: Expr) -> Expr
}

extension Cumulative {
  /// The operand's type.
  ///
  /// - Parameter context: The axis must be known.
  /// - Returns: One type.
  /// - Throws: `axis-range`, `element-type`, `unknown-value`.
  public func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let data = try context.computable(0)
    guard data.element != .bool else {
      throw DiagnosticMessage("element-type", "operand 0 is \(data); this operator takes numbers")
    }
    _ = try axis(context)
    return [TensorType(data.element, data.shape)]
  }

  private func axis(_ context: InferenceContext) throws(DiagnosticMessage) -> Int {
    let axes = try context.integers(1, "the axis")
    guard axes.count == 1 else {
      throw DiagnosticMessage("axis-range", "there must be one axis, not \(axes)")
    }
    return try existingAxis(axes[0], try context.type(0))
  }

  /// The one axis of a list.
  ///
  /// - Parameter context: The operands, and the declared types of the results.
  /// - Returns: Operands by number.
  public func impliedOperands(_ context: InferenceContext) -> [Int: ImpliedOperand] {
    guard context.shown(1)?.count == 1, context.operands[0]?.rank == 1 else { return [:] }
    return [1: ImpliedOperand([[0, -1]])]
  }

  /// One total for each line along the axis.
  ///
  /// - Parameter builder: Takes the loops.
  /// - Throws: `missing-operand`, `axis-range`, `unknown-value`.
  public func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, y) = (try builder.operand(0), try builder.result())
    let axis = try axis(builder.context)
    let (exclusive, reverse) = (settings.flag("exclusive"), settings.flag("reverse"))
    var lines = y.shape
    lines[axis] = 1
    builder.loops(lines) { line in
      let total = builder.declare("total", .constant(start, y.element))
      builder.loop("k", y.shape[axis]) { step in
        var index = line
        index[axis] = reverse ? .integer(y.shape[axis] - 1) - step : step
        let element = builder.define("x", x[index])
        if exclusive { builder.store(.variable(total), to: y, at: index) }
        builder.assign(total, next(.variable(total), element))
        if !exclusive { builder.store(.variable(total), to: y, at: index) }
      }
    }
  }

  /// Always.
  public var storesOnce: Bool { true }
}
