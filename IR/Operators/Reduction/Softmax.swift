/// The exponentials of each line along an axis, divided by their sum.
package struct Softmax: Normalizing {
  package static let schema = OperatorSchema(
    "Softmax", operands: ["input"], results: ["output"],
    attributes: ["axis": .int(-1), "flattened": .int(0)], adapted: ["flattened"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// The greatest element is taken out first, so that nothing overflows.
  package func line(_ builder: LoopBuilder, _ line: Line) {
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
