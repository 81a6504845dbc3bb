/// One at the first greatest element of each line along an axis, zero elsewhere.
package struct Hardmax: Normalizing {
  package static let schema = OperatorSchema(
    "Hardmax", operands: ["input"], results: ["output"],
    attributes: ["axis": .int(-1), "flattened": .int(0)], adapted: ["flattened"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Finds the greatest element, then its first place.
  package func line(_ builder: LoopBuilder, _ line: Line) {
    let most = line.greatest()
    let found = builder.declare("found", .constant(0, .bool))
    line.visit { index in
      let equal = line.x[index].compared(.eq, most)
      let here = builder.define("here", equal.and(.unary(.lnot, .variable(found))))
      builder.assign(found, Expr.variable(found).or(here))
      builder.store(.select(here, most.like(1), most.like(0)), to: line.y, at: index)
    }
  }
  package var storesOnce: Bool { true }
}
