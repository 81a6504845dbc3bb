public import CoppicePassManager

/// What filter pruning leaves: the filters that each layer lost, and why others stayed.
public struct PrunedFilters: PassResult, Equatable {
  /// One layer.
  public struct Layer: Hashable, Sendable {
    /// The name of its weight.
    public let weight: String
    /// The name of its node.
    public let node: String
    /// The filters it had.
    public let filters: Int
    /// Which of them went, counted from 0.
    public let removed: [Int]
    /// The first reason in the file why some must stay; `nil` when all could go.
    public let keptBecause: String?
  }

  /// The layers in the order of the file.
  public internal(set) var layers: [Layer]

  /// One row for each layer.
  public var table: ResultTable? {
    ResultTable(
      title: "filters",
      columns: ["weight", "node", "filters", "removed", "which", "kept because"],
      rows: layers.map { layer in
        [
          .text(layer.weight), .text(layer.node), .integer(layer.filters),
          .integer(layer.removed.count),
          .text(layer.removed.map(String.init).joined(separator: " ")),
          layer.keptBecause.map { .text($0) } ?? .empty,
        ]
      })
  }
}
