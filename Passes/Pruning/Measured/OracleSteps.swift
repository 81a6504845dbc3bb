public import CoppicePassManager

/// What `prune-oracle` leaves: the units in the order in which they were chosen.
public struct OracleSteps: PassResult {
  /// Units that went together.
  public struct Step: Sendable {
    /// The first filter of each unit: the name of its weight, and its number.
    public let filters: [(weight: String, index: Int)]
    /// What their removal does to the loss, as it was measured.
    public let change: Double
    /// The loss with all chosen so far removed; `nil` where that was not measured.
    public let loss: Double?
  }

  /// The steps in order.
  public let steps: [Step]
  /// The model as it was.
  public let before: ModelMeasurement
  /// The model without what was chosen.
  public let after: ModelMeasurement

  /// One row for each step.
  public var table: ResultTable? {
    ResultTable(
      title: "oracle", columns: ["step", "filters", "change of loss", "loss"],
      rows: steps.enumerated().map { number, step in
        [
          .integer(number + 1),
          .text(step.filters.map { "\($0.weight) \($0.index)" }.joined(separator: ", ")),
          .number(step.change), step.loss.map { .number($0) } ?? .empty,
        ]
      })
  }
}
