/// The logarithms of the softmax of each line along an axis.
public struct LogSoftmax: Normalizing {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "LogSoftmax", operands: ["input"], results: ["output"],
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
    line.visit { builder.accumulate(sum, .math(.exp, [line.x[$0] - most])) }
    let shift = builder.define("shift", .math(.log, [.variable(sum)]))
    line.visit { builder.store(line.x[$0] - most - shift, to: line.y, at: $0) }
  }
  /// Always.
  public var storesOnce: Bool { true }
}
