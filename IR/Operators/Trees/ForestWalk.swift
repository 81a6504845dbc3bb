/// How the weights of the leaves that a row reaches come together.
enum Aggregate: Int {
  case average, sum, least, greatest

  init(name: String) {
    switch name {
    case "AVERAGE": self = .average
    case "MIN": self = .least
    case "MAX": self = .greatest
    default: self = .sum
    }
  }
}

/// The loops that send rows through a forest.
struct ForestWalk {
  let tables: ForestTables
  let targets: Int
  let aggregate: Aggregate
  /// The type of thresholds, weights and scores.
  let element: ElementType
  let builder: LoopBuilder
  /// For each target, the score of the row so far.
  let scores: TensorView
  /// For each target, whether a leaf said anything of it; `nil` where that is known before.
  let given: TensorView?
  /// What is known of that: whether some tree speaks of the target at every leaf, or none does.
  let certain: [Bool?]

  init(
    _ forest: Forest, targets: Int, _ aggregate: Aggregate, _ element: ElementType,
    _ builder: LoopBuilder, _ asksWhoSpoke: Bool
  ) {
    tables = ForestTables(forest, targets: targets, element: element, builder)
    (self.targets, self.aggregate, self.element) = (targets, aggregate, element)
    self.builder = builder
    certain = forest.certainTargets(targets)
    scores = builder.scratch(element, [targets], "scores")
    let isMixed = certain.contains(nil) || targets > 2 && certain.contains(false)
    let isOpen = asksWhoSpoke && isMixed || aggregate == .least || aggregate == .greatest
    given = isOpen ? builder.scratch(.bool, [targets], "given") : nil
  }

  /// Whether the row's leaves said anything of a target.
  func isGiven(_ target: Expr) -> Expr {
    if let given { return given[[target]] }
    if let number = target.constantIndex { return .number(certain[number] == true ? 1 : 0, .bool) }
    return .number(certain.allSatisfy { $0 == true } ? 1 : 0, .bool)
  }

  /// Walks all trees with one row, and leaves its scores.
  ///
  /// - Parameter feature: A feature of the row, in the type of the thresholds.
  func visit(_ feature: (Expr) -> Expr) {
    builder.loop("t", targets) { target in
      builder.store(.constant(0, element), to: scores, at: [target])
      if let given { builder.store(.number(0, .bool), to: given, at: [target]) }
    }
    builder.loop("tree", tables.treeCount) { tree in
      let root = Expr.load(tables.roots, tree, lanes: 1).converted(to: .index)
      let node = builder.declare("node", root)
      let inside = Expr.variable(node).compared(.lt, .integer(tables.branchCount))
      if tables.branchCount > 0 {
        let step = builder.block { builder.assign(node, next(.variable(node), feature)) }
        builder.emit(.repeatWhile(inside, step))
      }
      add(builder.define("leaf", .variable(node) - tables.branchCount))
    }
  }

  /// The place behind a branch.
  private func next(_ node: Expr, _ feature: (Expr) -> Expr) -> Expr {
    let number = Expr.load(tables.features, node, lanes: 1).converted(to: .index)
    let x = builder.define("x", feature(number))
    let threshold = builder.define("threshold", tables.thresholds[[node]])
    let holds = holds(x, threshold, node).converted(to: .index)
    return Expr.load(tables.children, node * 2 + holds, lanes: 1).converted(to: .index)
  }

  private func holds(_ x: Expr, _ threshold: Expr, _ node: Expr) -> Expr {
    if let relation = tables.relation {
      if let (op, negated) = relation.comparison {
        let compared = x.compared(op, threshold)
        return negated ? .unary(.lnot, compared) : compared
      }
    }
    let bits =
      tables.relations.map { Expr.load($0, node, lanes: 1).converted(to: .int32) }
      ?? .number(Double(tables.relation?.rawValue ?? 0), .int32)
    let place = { (value: Double) in Expr.number(value, .int32) }
    let way = Expr.select(
      x.compared(.lt, threshold), place(0),
      .select(
        x.compared(.eq, threshold), place(1),
        .select(x.compared(.gt, threshold), place(2), place(3))))
    let bit = Expr.binary(.and, .binary(.shr, bits, way), place(1))
    return bit.compared(.ne, place(0))
  }

  /// Adds what a leaf says.
  private func add(_ leaf: Expr) {
    switch tables.leaves {
    case .dense(let weights):
      builder.loop("t", targets) { target in
        add(weights[[leaf * targets + target]], to: target)
      }
    case .single(let numbers, let weights):
      let target = Expr.load(numbers, leaf, lanes: 1).converted(to: .index)
      add(weights[[leaf]], to: builder.define("target", target))
    case .lists(let starts, let numbers, let weights):
      let from = builder.define("from", Expr.load(starts, leaf, lanes: 1).converted(to: .index))
      let to = builder.define("to", Expr.load(starts, leaf + 1, lanes: 1).converted(to: .index))
      builder.loop("w", from: from, to: to) { place in
        let target = Expr.load(numbers, place, lanes: 1).converted(to: .index)
        add(weights[[place]], to: builder.define("target", target))
      }
    }
  }

  private func add(_ weight: Expr, to target: Expr) {
    let score = scores[[target]]
    switch aggregate {
    case .sum, .average: builder.store(score + weight, to: scores, at: [target])
    case .least, .greatest:
      let value = builder.define("weight", weight)
      let better = value.compared(aggregate == .least ? .lt : .gt, score)
      builder.when(Expr.unary(.lnot, isGiven(target)).or(better)) {
        builder.store(value, to: scores, at: [target])
      }
    }
    if let given { builder.store(.number(1, .bool), to: given, at: [target]) }
  }
}

extension Forest.Relation {
  /// The comparison that says the same, and whether it is to be negated; `nil` where there is none.
  fileprivate var comparison: (CompareOp, negated: Bool)? {
    switch self {
    case [.less, .equal]: (.le, false)
    case .less: (.lt, false)
    case [.greater, .equal]: (.ge, false)
    case .greater: (.gt, false)
    case .equal: (.eq, false)
    case [.less, .greater, .unordered]: (.ne, false)
    case [.less, .equal, .unordered]: (.gt, true)
    case [.less, .unordered]: (.ge, true)
    case [.greater, .equal, .unordered]: (.lt, true)
    case [.greater, .unordered]: (.le, true)
    default: nil
    }
  }
}

extension Forest {
  /// For each target, whether some tree speaks of it at every leaf (`true`), or no leaf does (`false`).
  func certainTargets(_ targets: Int) -> [Bool?] {
    var result = [Bool?](repeating: false, count: targets)
    for leaf in leaves { for weight in leaf { result[weight.target] = nil } }
    for root in roots where result.contains(nil) {
      let reached = leaves(from: root)
      guard var common = reached.first.map({ Set(leaves[$0].map(\.target)) }) else { continue }
      for leaf in reached.dropFirst() where !common.isEmpty {
        common.formIntersection(leaves[leaf].map(\.target))
      }
      for target in common { result[target] = true }
    }
    return result
  }

  private func leaves(from root: Child) -> [Int] {
    var (pending, found, seen): ([Child], [Int], Set<Int>) = ([root], [], [])
    while let child = pending.popLast() {
      switch child {
      case .leaf(let leaf): found.append(leaf)
      case .branch(let branch) where seen.insert(branch).inserted:
        pending += [branches[branch].yes, branches[branch].no]
      case .branch: break
      }
    }
    return found
  }
}
