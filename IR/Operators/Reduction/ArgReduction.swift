/// The index along an axis of the element that comparison prefers.
public protocol ArgReduction: Operator {
  /// Whether an element takes the place of an earlier one.
  static var comparison: CompareOp { get }

  /// The same, when the last of equal elements is wanted.
  static var lastComparison: CompareOp { get }
}

extension ArgReduction {
  /// int64, with extent 1 or nothing at the axis.
  ///
  /// - Parameter context: The operand.
  /// - Returns: One type.
  /// - Throws: `element-type`, `axis-range`, `index-range`.
  public func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let data = try context.computable(0)
    let axis = try existingAxis(settings.int("axis"), data)
    guard data.shape[axis] > 0 else {
      throw DiagnosticMessage("index-range", "axis \(axis) of \(data) has no elements")
    }
    return [TensorType(.int64, reducedShape(data.shape, [axis], keep: keepsAxes))]
  }

  private var keepsAxes: Bool { settings.flag("keepdims") }

  /// A loop over the axis for each element of the result.
  ///
  /// - Parameter builder: Takes the loops.
  /// - Throws: `missing-operand`, `axis-range`.
  public func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, y) = (try builder.operand(0), try builder.result())
    let axis = try existingAxis(settings.int("axis"), TensorType(x.element, x.shape))
    let better = settings.flag("select_last_index") ? Self.lastComparison : Self.comparison
    builder.loops(reducedShape(x.shape, [axis], keep: true)) { index in
      let place = builder.argument(x, axis, index, better)
      let target = ReducedPlace(index: index, axes: [axis]).result(keepsAxes)
      builder.store(Expr.variable(place).converted(to: .int64), to: y, at: target)
    }
  }

  /// Always.
  public var storesOnce: Bool { true }
}

extension LoopBuilder {
  /// Finds the place of the preferred element along an axis.
  package func argument(
    _ x: TensorView, _ axis: Int, _ line: [Expr], _ better: CompareOp
  ) -> Variable {
    let best = declare("best", x[line])
    let place = declare("place", .integer(0))
    loop("k", from: .integer(1), to: .integer(x.shape[axis])) { step in
      var index = line
      index[axis] = step
      let element = define("x", x[index])
      when(element.compared(better, .variable(best))) {
        assign(best, element)
        assign(place, step)
      }
    }
    return place
  }
}
