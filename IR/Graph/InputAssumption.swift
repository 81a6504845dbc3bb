/// What a graph was made for: elements that one of its inputs must hold.
///
/// Operands such as a target shape decide types. Where a model takes one as an input, the graph is
/// made for the elements that lead to the shapes that the file declares, and whoever runs it checks
/// that the input holds them.
public struct InputAssumption: Hashable, Sendable {
  /// What must hold between any two elements.
  public enum Rule: Hashable, Sendable {
    /// Nothing.
    case independent
    /// At most one element is the given number.
    case atMostOnce(Int)
    /// No two elements are equal, modulo the given number.
    case distinct(modulo: Int)
  }

  /// The number of the input.
  public var input: Int
  /// For each element, in order, the values that it may have; the one that was assumed comes first.
  public var accepted: [[Int]]
  /// What must hold between any two elements.
  public var rule: Rule
  /// The name of the node that reads them.
  public var node: String

  /// Makes an assumption.
  ///
  /// - Parameters:
  ///   - input: The number of the input.
  ///   - accepted: For each element the values that it may have, the assumed one first.
  ///   - rule: What must hold between any two elements.
  ///   - node: The name of the node that reads them.
  public init(input: Int, accepted: [[Int]], rule: Rule = .independent, node: String) {
    self.input = input
    self.accepted = accepted
    self.rule = rule
    self.node = node
  }

  /// Whether elements are as assumed.
  ///
  /// - Parameter elements: All of the input's.
  /// - Returns: Whether they are as many and each is one of those accepted.
  public func holds(_ elements: [Double]) -> Bool {
    guard elements.count == accepted.count,
      zip(elements, accepted).allSatisfy({ element, list in list.contains { Double($0) == element }
      })
    else { return false }
    let values = elements.map { Int($0) }
    return values.indices.allSatisfy { second in
      values.indices[..<second].allSatisfy { agree(values[$0], values[second]) }
    }
  }

  private func agree(_ left: Int, _ right: Int) -> Bool {
    switch rule {
    case .independent: true
    case .atMostOnce(let value): left != value || right != value
    case .distinct(let modulus): modulus == 0 || (left - right) % modulus != 0
    }
  }

  /// The accepted elements in words: `2 or -1, 3`.
  public var words: String {
    accepted.map { $0.map(String.init).joined(separator: " or ") }.joined(separator: ", ")
  }
}

extension Graph {
  /// Adds what the graph was made for.
  ///
  /// - Parameter assumption: Of an input of the graph, for all of its elements.
  public mutating func assume(_ assumption: InputAssumption) {
    if !assumptions.contains(assumption) { assumptions.append(assumption) }
  }

  /// Elements of an input that meet everything that is assumed of it.
  ///
  /// - Parameter input: The number of the input.
  /// - Returns: The elements, or `nil` when nothing is assumed or nothing meets it all.
  public func assumedElements(ofInput input: Int) -> [Int]? {
    CoppiceIR.assumedElements(assumptions.filter { $0.input == input })
  }
}

/// Elements that meet several assumptions of one input.
///
/// - Parameter assumptions: Of the same input.
/// - Returns: The elements, or `nil` when there are no assumptions or nothing meets them all.
public func assumedElements(_ assumptions: [InputAssumption]) -> [Int]? {
  guard var left = assumptions.first?.accepted else { return nil }
  for other in assumptions.dropFirst() {
    guard other.accepted.count == left.count else { return nil }
    left = zip(left, other.accepted).map { mine, theirs in mine.filter(theirs.contains) }
  }
  let elements = left.compactMap(\.first)
  guard elements.count == left.count,
    assumptions.allSatisfy({ $0.holds(elements.map(Double.init)) })
  else { return nil }
  return elements
}
