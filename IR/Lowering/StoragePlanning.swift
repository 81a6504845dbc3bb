/// What counts when bytes and time disagree.
public enum StoragePreference: String, Hashable, Sendable, CaseIterable {
  /// The least product of bytes and time, each relative to dense, among what is at most a tenth
  /// slower than dense.
  case balanced
  /// The least bytes, whatever the time.
  case bytes
  /// The least time, whatever the bytes.
  case time
}

/// What is asked of whoever plans storages.
public struct StorageRequest: Sendable {
  /// What counts when bytes and time disagree.
  public var preference: StoragePreference
  /// The storage that every weight gets that can be read in it; `nil` to choose for each.
  public var forced: StorageKind?
  /// The constants that may change; all others stay as they are.
  public var constants: [ValueID]

  /// Makes a request.
  ///
  /// - Parameters:
  ///   - preference: What counts when bytes and time disagree.
  ///   - forced: The storage that every weight gets that can be read in it.
  ///   - constants: The constants that may change.
  public init(
    preference: StoragePreference = .balanced, forced: StorageKind? = nil, constants: [ValueID]
  ) {
    self.preference = preference
    self.forced = forced
    self.constants = constants
  }
}

/// The storage of one weight, with what it costs and why it was taken.
public struct StorageDecision: Hashable, Sendable {
  /// The storage.
  public var storage: StorageKind
  /// The axis that the rows go along.
  public var rowAxis: Int
  /// Elements that are not zero.
  public var nonzeros: Int
  /// Bytes as the kernels that were chosen read it.
  public var bytes: Int
  /// The time of its kernels as a part of the time with dense weights.
  public var time: Double
  /// Why it was taken.
  public var reason: String

  /// Makes a decision.
  ///
  /// - Parameters:
  ///   - storage: The storage.
  ///   - rowAxis: The axis that the rows go along.
  ///   - nonzeros: Elements that are not zero.
  ///   - bytes: Bytes as kernels read it.
  ///   - time: A part of the time with dense weights.
  ///   - reason: Why it was taken.
  public init(
    _ storage: StorageKind, rowAxis: Int = 0, nonzeros: Int, bytes: Int, time: Double = 1,
    reason: String
  ) {
    self.storage = storage
    self.rowAxis = rowAxis
    self.nonzeros = nonzeros
    self.bytes = bytes
    self.time = time
    self.reason = reason
  }
}

/// Chooses storages by the kernels that will read them; lowering does, for passes that ask.
public protocol StoragePlanning: Sendable {
  /// Plans the kernels of a graph as it would be lowered now.
  ///
  /// - Parameters:
  ///   - graph: The graph.
  ///   - request: What may change, and what counts.
  /// - Returns: A decision for each of the asked constants that is read as a weight; none for those
  ///   that are data only.
  func chooseStorages(_ graph: Graph, _ request: StorageRequest) -> [ValueID: StorageDecision]
}
