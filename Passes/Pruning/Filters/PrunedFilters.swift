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
    /// The filters that stay for another reason than their scores, by reason.
    public let stays: [Stay]
    /// The score of each filter's unit; `nil` where it was not compared by one.
    public let scores: [Double?]
  }

  /// Filters that stay.
  public struct Stay: Hashable, Sendable {
    /// Their numbers, counted from 0.
    public internal(set) var filters: [Int]
    /// Why.
    public let reason: String
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
          layer.stays.isEmpty ? .empty : .text(layer.reasons),
        ]
      })
  }
}

extension PrunedFilters.Layer {
  /// Each reason, with the numbers of its filters unless it is that of all.
  fileprivate var reasons: String {
    stays.map { stay in
      let isAll = stay.filters.count == filters
      return isAll
        ? stay.reason : stay.filters.map(String.init).joined(separator: " ") + ": " + stay.reason
    }.joined(separator: "; ")
  }
}
