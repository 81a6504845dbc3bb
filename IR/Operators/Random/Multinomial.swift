/// Classes drawn by their unnormalised log-probabilities; see `RandomDraw` for the generator.
package struct Multinomial: RandomDraw {
  package static let schema = OperatorSchema(
    "Multinomial", since: 7, operands: ["input"], results: ["output"],
    attributes: ["dtype": .int(6), "sample_size": .int(1), "seed": nil],
    allowed: ["dtype": .numbers([6, 7]), "sample_size": .positive, "seed": .real])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var storesOnce: Bool { true }

  /// As many classes for each row as wanted.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    _ = try context.floating()
    let x = try context.type(0)
    guard x.rank == 2, x.shape[1] > 0 else {
      throw DiagnosticMessage("rows-shape", "operand 0 is \(x); rows of classes are expected")
    }
    let element: ElementType = settings.int("dtype") == 7 ? .int64 : .int32
    return [try TensorType.checked(element, [x.shape[0], settings.int("sample_size")])]
  }

  /// The first class at which the sum of the exponentials passes the drawn share of all.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let x = try builder.operand(0)
    let classes = x.shape[1]
    try fill(builder) { place, index in
      let power = { (k: Expr, most: Expr) in Expr.math(.exp, [x[[index[0], k]] - most]) }
      let most = builder.declare("most", x[[index[0], .integer(0)]])
      builder.loop("k", classes) { k in
        builder.assign(most, Expr.variable(most).maximum(x[[index[0], k]]))
      }
      let total = builder.declare("total", .constant(0, x.element))
      builder.loop("k", classes) { builder.accumulate(total, power($0, .variable(most))) }
      let drawn = unit(place, 0, builder).converted(to: x.element)
      let wanted = builder.define("wanted", drawn * .variable(total))
      let (sum, chosen) = (
        builder.declare("sum", .constant(0, x.element)), builder.declare("chosen", .integer(0))
      )
      builder.loop("k", classes) { k in
        builder.accumulate(sum, power(k, .variable(most)))
        builder.when(Expr.unary(.lnot, Expr.variable(sum).compared(.gt, wanted))) {
          builder.assign(chosen, (k + 1).minimum(.integer(classes - 1)))
        }
      }
      return .variable(chosen)
    }
  }
}
