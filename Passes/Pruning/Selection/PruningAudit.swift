public import CoppicePassManager

/// What a pruning pass leaves when it is asked to account for each unit: its score, its rank, and
/// whether it stayed, and why.
public struct PruningAudit: PassResult {
  /// Why a unit went or stayed.
  public enum Reason: String, Hashable, Sendable, CaseIterable {
    /// It went: its score is among the lowest.
    case low
    /// It went: of equal scores at the cut the later ones go.
    case laterOfEqual = "later-of-equal"
    /// It went: it was zero already, and zeros are locked.
    case locked
    /// It went: its score is beyond the bound that was given.
    case bound
    /// It stayed: its score is among the highest, or within the bound that was given.
    case high
    /// It stayed: of equal scores at the cut the earlier ones stay.
    case earlierOfEqual = "earlier-of-equal"
    /// It stayed: a floor protects it.
    case floor
    /// It stayed: a tensor would lose its last channel, or more than a floor or `round-to` lets go.
    case last
    /// It went or stayed with the set of units that a search found best.
    case search
    /// It stayed: it cannot be removed; the tensor says why.
    case refused
    /// It stayed: no more rewrites were allowed.
    case limit
  }

  /// What goes or stays as a whole.
  public struct Unit: Hashable, Sendable {
    /// The row-major index in the tensor of its first element.
    public let first: Int
    /// How many elements of the tensor it has.
    public let elements: Int
    /// Its score, normalised as the pass was told; `nil` where none was taken.
    public let score: Double?
    /// Its place in the order in which units of its scope go, from 1; `nil` where it has none.
    public let rank: Int?
    /// Whether it stayed.
    public let isKept: Bool
    /// Why.
    public let reason: Reason
  }

  /// A weight.
  public struct Tensor: Hashable, Sendable {
    /// Its name.
    public let name: String
    /// The first node that reads it.
    public let node: String
    /// Its extents before the pass.
    public let shape: [Int]
    /// Why it was left alone, or why some of its units cannot go.
    public let refusal: String?
    /// Its units by their first elements; none where the weight was left alone.
    public let units: [Unit]
  }

  /// The pass with its options.
  public let pass: String
  /// What is ranked together: `row`, `local` or `global`; `run` for the patterns n:m.
  public let scope: String
  /// What goes as a whole, such as `element`, `4x1` or `filter`.
  public let unit: String
  /// The weights in the order of their first readers.
  public let tensors: [Tensor]

  /// Too long for a table.
  public var table: ResultTable? { nil }
}
