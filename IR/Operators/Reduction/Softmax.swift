/// The exponentials of each line along an axis, divided by their sum.
public struct Softmax: Normalizing {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "Softmax", operands: ["input"], results: ["output"],
    attributes: ["axis": .int(-1), "flattened": .int(0)], adapted: ["flattened"])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: `axis` and `flattened`.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// The greatest element is taken out first, so that nothing overflows.
  ///
  /// - Parameters:
  ///   - builder: Takes the loops.
  ///   - line: The line.
  public func line(_ builder: LoopBuilder, _ line: Line) {
    let most = line.greatest()
    let sum = builder.declare("sum", most.like(0))
    line.visit { index in
      let power = builder.define("power", .math(.exp, [line.x[index] - most]))
      builder.emit(.store(line.y.buffer, line.y.at(index), power))
      builder.accumulate(sum, power)
    }
    let factor = builder.define("factor", most.like(1) / .variable(sum))
    line.visit { index in
      builder.emit(.store(line.y.buffer, line.y.at(index), line.y[index] * factor))
    }
  }
}
