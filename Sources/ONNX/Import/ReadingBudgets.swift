/// The nodes that a model may have, its functions and loops expanded.
final class NodeBudget {
  let limit: Int
  /// What is left of them; below zero once there were too many.
  var left: Int

  init(limit: Int) {
    self.limit = limit
    left = limit
  }

  /// Whether nodes were left out.
  var isSpent: Bool { left < 0 }

  /// Takes nodes.
  ///
  /// - Returns: Whether there are so many; where not, it is told once.
  func take(_ count: Int, _ log: ImportLog) -> Bool {
    let isTold = isSpent
    left = count > left ? -1 : left - count
    if isSpent, !isTold {
      log.report(
        "too-many-nodes",
        "the model has more than \(limit) nodes, with its functions expanded; "
          + "--limit nodes=N allows more")
    }
    return !isSpent
  }
}

/// The turns of loops that are written out, and the nodes that they take.
struct UnrolledCounts {
  /// How many of either a model may have.
  static let limit = 1024
  var turns = 0
  var nodes = 0
}

/// What the loops of a model took so far.
final class LoopBudget {
  var unrolled = UnrolledCounts()
  /// The turns of the loops around what is read that are not written out, multiplied.
  var around = 1
  /// How many loops were not unrolled after it was tried.
  var givenUp = 0

  /// Counts a turn.
  ///
  /// - Returns: Whether it is not one too many.
  func takeTurn() -> Bool {
    unrolled.turns += 1
    return unrolled.turns <= UnrolledCounts.limit
  }

  /// Counts nodes.
  ///
  /// - Returns: Whether they are not too many.
  func takeNodes(_ count: Int) -> Bool {
    unrolled.nodes += count
    return unrolled.nodes <= UnrolledCounts.limit
  }
}
