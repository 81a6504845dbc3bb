/// One at the first greatest element of each line along an axis, zero elsewhere.
public struct Hardmax: Normalizing {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "Hardmax", operands: ["input"], results: ["output"],
    attributes: ["axis": .int(-1), "flattened": .int(0)], adapted: ["flattened"])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: `axis` and `flattened`.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Finds the greatest element, then its first place.
  ///
  /// - Parameters:
  ///   - builder: Takes the loops.
  ///   - line: The line.
  public func line(_ builder: LoopBuilder, _ line: Line) {
    let most = line.greatest()
    let found = builder.declare("found", .constant(0, .bool))
    line.visit { index in
      let equal = line.x[index].compared(.eq, most)
      let here = builder.define("here", equal.and(.unary(.lnot, .variable(found))))
      builder.assign(found, Expr.variable(found).or(here))
      builder.store(.select(here, most.like(1), most.like(0)), to: line.y, at: index)
    }
  }
  /// Always.
  public var storesOnce: Bool { true }
}
