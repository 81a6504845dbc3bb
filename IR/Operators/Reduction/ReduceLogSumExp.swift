/// The logarithm of the sum of exponentials along some axes.
public struct ReduceLogSumExp: Reduction {
  /// What it is called and takes.
  public static let schema = reductionSchema("ReduceLogSumExp")
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: `keepdims` and `noop_with_empty_axes`.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// float64 for whole numbers.
  ///
  /// - Parameter element: The operand's type.
  /// - Returns: The type of totals.
  public func accumulator(_ element: ElementType) -> ElementType {
    element.isFloat ? element : .float64
  }

  /// The sum so far.
  ///
  /// - Parameters:
  ///   - total: Before the element.
  ///   - element: The element.
  /// - Returns: The total with it.
  public func combine(_ total: Expr, _ element: Expr) -> Expr {
    total + .math(.exp, [element])
  }

  /// The logarithm.
  ///
  /// - Parameters:
  ///   - total: Of all elements.
  ///   - count: How many there were.
  /// - Returns: The result, in the accumulator's type.
  public func finish(_ total: Expr, count: Int) -> Expr {
    .math(.log, [total])
  }

  /// The greatest element first, which is taken out of the exponentials.
  ///
  /// - Parameter builder: Takes the loops.
  /// - Throws: `missing-operand`, `axis-range`, `axis-twice`, `unknown-value`.
  public func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, y) = (try builder.operand(0), try builder.result())
    let type = accumulator(x.element)
    let (axes, keep) = (try axes(builder.context), attributes.flag("keepdims", true))
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
