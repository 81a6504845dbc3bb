/// The greatest or least elements along an axis with their indices, in order.
package struct TopK: Operator {
  package static let schema = OperatorSchema(
    "TopK", operands: ["X", "K"], results: ["Values", "Indices"],
    attributes: ["axis": .int(-1), "largest": .int(1), "sorted": .int(1)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Moves opset 1 to 9's `k` to an operand.
  package static func adapt(_ node: inout ForeignNode) throws(DiagnosticMessage) {
    node.moveAttribute("k", toOperand: 1)
  }

  /// K in place of the axis' extent.
  ///
  /// - Throws: `top-k`, `axis-range`, `element-type`, `unknown-value`.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let data = try context.computable(0)
    let axis = try existingAxis(settings.int("axis"), data)
    let count = try context.integers(1, "K")
    guard data.element != .bool, count.count == 1, 0...data.shape[axis] ~= count[0] else {
      throw DiagnosticMessage("top-k", "K \(count) is not possible along axis \(axis) of \(data)")
    }
    var shape = data.shape
    shape[axis] = count[0]
    return [TensorType(data.element, shape), TensorType(.int64, shape)]
  }

  /// K, from the declared shape.
  package func impliedOperands(_ context: InferenceContext) -> [Int: ImpliedOperand] {
    guard let (count, result) = context.shown(1), count == 1, let data = context.operands[0],
      result.rank == data.rank, let axis = try? existingAxis(settings.int("axis"), data)
    else { return [:] }
    return [1: ImpliedOperand(exactly: [result.shape[axis]])]
  }

  /// Selects the best element that comes after the last one selected, K times; NaN counts as the
  /// greatest number, and of equal elements the first comes first.
  ///
  /// - Throws: `missing-operand`, `axis-range`.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let x = try builder.operand(0)
    let (values, places) = (builder.resultIfAny(0), builder.resultIfAny(1))
    guard let shape = (values ?? places)?.shape else { return }
    let axis = try existingAxis(settings.int("axis"), TensorType(x.element, x.shape))
    var lines = shape
    lines[axis] = 1
    builder.loops(lines) { line in
      let last = builder.declare("last", .constant(0, x.element))
      let lastPlace = builder.declare("lastPlace", .integer(-1))
      builder.loop("k", shape[axis]) { slot in
        let best = builder.declare("best", .constant(0, x.element))
        let place = builder.declare("place", .integer(-1))
        builder.loop("j", x.shape[axis]) { step in
          var index = line
          index[axis] = step
          let element = builder.define("x", x[index])
          let isLater = step.compared(.gt, .variable(lastPlace))
          let tie = Expr.unary(.lnot, isBetter(element, .variable(last))).and(isLater)
          let first = slot.compared(.eq, .integer(0))
          let after = isBetter(.variable(last), element).or(tie).or(first)
          let none = Expr.variable(place).compared(.lt, .integer(0))
          builder.when(after.and(none.or(isBetter(element, .variable(best))))) {
            builder.assign(best, element)
            builder.assign(place, step)
          }
        }
        builder.assign(last, .variable(best))
        builder.assign(lastPlace, .variable(place))
        var index = line
        index[axis] = slot
        if let values { builder.store(.variable(best), to: values, at: index) }
        if let places {
          builder.store(Expr.variable(place).converted(to: .int64), to: places, at: index)
        }
      }
    }
  }

  /// Whether an element comes before another for its value.
  private func isBetter(_ a: Expr, _ b: Expr) -> Expr {
    let isLargest = settings.flag("largest")
    let ordered = a.compared(isLargest ? .gt : .lt, b)
    guard a.scalar.isFloat else { return ordered }
    let (greater, other) = isLargest ? (a, b) : (b, a)
    return ordered.or(greater.compared(.ne, greater).and(other.compared(.eq, other)))
  }
}
