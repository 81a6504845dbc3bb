/// An operator that sends the rows of a matrix through decision trees.
protocol TreeOperator: Operator {
  /// The trees, as the attributes have them.
  func forest() throws(DiagnosticMessage) -> Forest

  /// The number of targets or classes.
  var targetCount: Int { get }
}

extension TreeOperator {
  /// The number of rows, after checking the trees.
  func checkedRows(_ context: InferenceContext) throws(DiagnosticMessage) -> Int {
    let (rows, features) = try context.rows(0)
    guard 1...(1 << 20) ~= targetCount else {
      throw .treeNodes("\(targetCount) targets or classes are not possible")
    }
    try forest().check(features: features, targets: targetCount)
    return rows
  }

  /// The type of thresholds and scores: float64 for rows of it, else float32.
  func scoreElement(_ x: ElementType) -> ElementType { x == .float64 ? .float64 : .float32 }

  /// Walks the trees with every row.
  ///
  /// - Parameters:
  ///   - builder: Takes the loops.
  ///   - aggregate: How weights come together.
  ///   - asksWhoSpoke: Whether `finish` asks which targets some leaf spoke of.
  ///   - finish: Does the rest for a row, from the scores that the walk left.
  /// - Throws: What `forest` and `finish` throw.
  func walk(
    _ builder: LoopBuilder, _ aggregate: Aggregate, asksWhoSpoke: Bool,
    _ finish: (_ row: Expr, _ walk: ForestWalk) throws(DiagnosticMessage) -> Void
  ) throws(DiagnosticMessage) {
    let x = try builder.operand(0)
    let element = scoreElement(x.element)
    let walk = ForestWalk(
      try forest(), targets: targetCount, aggregate, element, builder, asksWhoSpoke)
    try builder.loop("row", x.rank == 1 ? 1 : x.shape[0]) { (row) throws(DiagnosticMessage) in
      walk.visit { x[x.rank == 1 ? [$0] : [row, $0]].converted(to: element) }
      try finish(row, walk)
    }
  }
}

extension ForestWalk {
  /// Brings the scores of a row to what regression stores.
  ///
  /// Of several targets, one that no leaf spoke of stays 0: so does onnxruntime.
  ///
  /// - Parameters:
  ///   - base: What is added to each target; left out where there are not as many.
  ///   - transform: What is done at last; of a single target only by the normal distribution's.
  func finishRegression(_ base: [Double], _ transform: PostTransform) {
    let counts = base.count == targets
    let addends = builder.table(Constant.reals(counts ? base : [], element), "base")
    builder.loop("t", targets) { target in
      var score = scores[[target]]
      if aggregate == .average { score = score / .constant(Double(tables.treeCount), element) }
      if counts { score = score + addends[[target]] }
      if counts, targets > 1, !certain.allSatisfy({ $0 == true }) {
        score = .select(isGiven(target), score, .constant(0, element))
      }
      if counts || aggregate == .average { builder.store(score, to: scores, at: [target]) }
    }
    if targets > 1 || transform == .probit { builder.transform(scores, transform) }
  }
}

extension InferenceContext {
  /// The rows and features of an operand that is a matrix, or one row.
  ///
  /// - Parameter index: The operand.
  /// - Returns: How many there are of both.
  /// - Throws: `rows-shape`, `element-type`, `missing-operand`.
  func rows(_ index: Int) throws(DiagnosticMessage) -> (count: Int, features: Int) {
    let type = try number(index)
    guard type.rank == 1 || type.rank == 2 else {
      throw DiagnosticMessage(
        "rows-shape", "operand \(index) is \(type); rows of features are expected")
    }
    return type.rank == 1 ? (1, type.shape[0]) : (type.shape[0], type.shape[1])
  }
}
