/// The logarithms of the softmax of each line along an axis.
package struct LogSoftmax: Normalizing {
  package static let schema = OperatorSchema(
    "LogSoftmax", operands: ["input"], results: ["output"],
    attributes: ["axis": .int(-1), "flattened": .int(0)], adapted: ["flattened"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// The greatest element is taken out first, so that nothing overflows.
  package func line(_ builder: LoopBuilder, _ line: Line) {
    let most = line.greatest()
    let sum = builder.declare("sum", most.like(0))
    line.visit { builder.accumulate(sum, .math(.exp, [line.x[$0] - most])) }
    let shift = builder.define("shift", .math(.log, [.variable(sum)]))
    line.visit { builder.store(line.x[$0] - most - shift, to: line.y, at: $0) }
  }
  package var storesOnce: Bool { true }
}
