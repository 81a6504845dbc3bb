/// The logarithm of the sum of exponentials along some axes.
package struct ReduceLogSumExp: Reduction {
  package static let schema = reductionSchema("ReduceLogSumExp")
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// float64 for whole numbers.
  package func accumulator(_ element: ElementType) -> ElementType {
    element.isFloat ? element : .float64
  }

  package func combine(_ total: Expr, _ element: Expr) -> Expr {
    total + .math(.exp, [element])
  }

  /// The logarithm.
  package func finish(_ total: Expr, count: Int) -> Expr {
    .math(.log, [total])
  }

  /// The greatest element first, which is taken out of the exponentials.
  ///
  /// - Throws: `missing-operand`, `axis-range`, `axis-twice`, `unknown-value`.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, y) = (try builder.operand(0), try builder.result())
    let type = accumulator(x.element)
    let (axes, keep) = (try axes(builder.context), settings.flag("keepdims"))
    builder.reduce(x, axes) { place, visit in
      let most = builder.declare("most", .lowest(type))
      visit { element in
        builder.assign(most, Expr.variable(most).maximumOrNaN(element.converted(to: type)))
      }
      let infinite = Expr.math(.isinf, [.variable(most)])
      let shift = builder.define("shift", .select(infinite, .constant(0, type), .variable(most)))
      let total = builder.declare("total", start(type))
      visit { element in
        builder.assign(total, combine(.variable(total), element.converted(to: type) - shift))
      }
      let value = shift + finish(.variable(total), count: 0)
      builder.store(value.converted(to: y.element), to: y, at: place.result(keep))
    }
  }
}
