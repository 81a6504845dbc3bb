/// The elements of an operand that the declared types of a node's results lead to.
public struct ImpliedOperand: Hashable, Sendable {
  /// For each element the values that lead to the same results, the plain one first.
  public var accepted: [[Int]]
  /// What must hold between any two elements.
  public var rule: InputAssumption.Rule

  /// Makes an operand.
  ///
  /// - Parameters:
  ///   - accepted: For each element the values that lead to the same results, the plain one first.
  ///   - rule: What must hold between any two elements.
  public init(_ accepted: [[Int]], rule: InputAssumption.Rule = .independent) {
    self.accepted = accepted
    self.rule = rule
  }

  /// Exactly these elements.
  ///
  /// - Parameter elements: In order.
  public init(exactly elements: [Int]) { self.init(elements.map { [$0] }) }

  /// Axes in any order, counted from either end.
  ///
  /// - Parameters:
  ///   - sets: Sets of axes that lead to the same results, each as many as there are elements.
  ///   - rank: What the axes count in.
  public init?(axes sets: [[Int]], rank: Int) {
    guard let first = sets.first, rank > 0 else { return nil }
    // Of several sets with several axes, mixtures would pass: only the first is taken.
    let all = first.count == 1 ? sets.flatMap { $0 } : first
    let accepted = first.map { axis in
      let others = all.filter { $0 != axis }
      return ([axis] + others).flatMap { [$0, $0 - rank] }
    }
    self.init(accepted, rule: first.count == 1 ? .independent : .distinct(modulo: rank))
  }
}

extension InferenceContext {
  /// The declared type of result 0, for an operand that is there but not known.
  ///
  /// - Parameter index: The operand.
  /// - Returns: The operand's number of elements and the result's type; `nil` when the operand is
  ///   absent, known, empty or not a list.
  func shown(_ index: Int) -> (count: Int, result: TensorType)? {
    guard has(index), known[index] == nil, let operand = operands[index], operand.rank <= 1,
      operand.count > 0, let result = results.first.flatMap({ $0 })
    else { return nil }
    return (operand.count, result)
  }
}

/// All choices of axes that pass a test.
///
/// - Parameters:
///   - count: How many axes a choice has.
///   - rank: Axes count in it; above 8 there are too many choices.
///   - isRight: Takes ascending axes.
/// - Returns: The choices that pass.
func choices(of count: Int, in rank: Int, where isRight: ([Int]) -> Bool) -> [[Int]] {
  guard rank <= 8, count <= rank else { return [] }
  return (0..<(1 << rank)).compactMap { mask -> [Int]? in
    guard mask.nonzeroBitCount == count else { return nil }
    let axes = (0..<rank).filter { mask >> $0 & 1 == 1 }
    return isRight(axes) ? axes : nil
  }
}
