/// How the scores of classes become a label, and what is stored of them.
struct ForestVote {
  let labels: [Int]
  let base: [Double]
  let transform: PostTransform
  /// Whether no weight of a leaf is negative.
  let isPositive: Bool
  /// Whether there are two classes, and weights for one of them only.
  let isOneSided: Bool

  init(labels: [Int], base: [Double], transform: PostTransform, weights: [Double], classes: Int) {
    (self.labels, self.base, self.transform) = (labels, base, transform)
    isPositive = weights.allSatisfy { $0 >= 0 }
    isOneSided = labels.count == 2 && classes == 1
  }

  /// The first class of the greatest score, of more than two; leaves the scores that are stored.
  func most(_ walk: ForestWalk) -> Expr {
    let builder = walk.builder
    let table = builder.table(Constant.reals(base, walk.element), "base")
    let best = builder.declare("best", .integer(-1))
    let most = builder.declare("most", .constant(0, walk.element))
    let consider = { (target: Expr, counts: Expr?) in
      let score = builder.define("score", walk.scores[[target]])
      let better = Expr.variable(best).compared(.lt, .integer(0))
        .or(score.compared(.gt, .variable(most)))
      builder.when(counts.map { $0.and(better) } ?? better) {
        builder.assign(best, target)
        builder.assign(most, score)
      }
    }
    builder.loop("t", labels.count) { target in
      guard !base.isEmpty else { return consider(target, walk.isGiven(target)) }
      let place = base.count < labels.count ? target.minimum(.integer(base.count - 1)) : target
      let sum = walk.scores[[target]] + table[[place]]
      let isBased = target.compared(.lt, .integer(base.count))
      let value = base.count < labels.count ? Expr.select(isBased, sum, walk.scores[[target]]) : sum
      builder.store(value, to: walk.scores, at: [target])
      consider(target, base.count < labels.count ? isBased.or(walk.isGiven(target)) : nil)
    }
    builder.transform(walk.scores, transform)
    return label(Expr.variable(best).maximum(.integer(0)), builder)
  }

  private func label(_ place: Expr, _ builder: LoopBuilder) -> Expr {
    let names = Constant(labels.map(Int64.init), .int64, [labels.count])
    return builder.define("label", builder.table(names, "labels")[[place]])
  }

  /// The label of one or two classes; leaves the scores that are stored.
  ///
  /// A score that no leaf spoke of counts as 0 even with a base value, and of two base values the second goes
  /// onto the first score: so does onnxruntime.
  func binary(_ walk: ForestWalk) -> Expr {
    let builder = walk.builder
    let number = { (value: Double) in Expr.constant(value, walk.element) }
    let raw = builder.define("raw", walk.scores[[.integer(0)]])
    guard labels.count == 2 else {
      builder.store(raw + number(base.first ?? 0), to: walk.scores, at: [.integer(0)])
      let first = builder.define("first", walk.scores[[.integer(0)]])
      builder.transform(walk.scores, transform)
      return choose(first.compared(.gt, number(0)), 1, 0)
    }
    let hasFirst = builder.define("one", walk.isGiven(.integer(0)))
    let hasSecond = builder.define("two", walk.isGiven(.integer(1)))
    let based = Expr.select(hasFirst, raw + number(base.first ?? 0), number(0))
    let first = builder.define("first", based)
    let own = base.count == 2 ? raw + number(base[1]) : walk.scores[[.integer(1)]]
    let second = builder.define("second", own)
    let positive = builder.define("positive", Expr.select(hasSecond, second, first))
    let least = number(isOneSided && isPositive ? 0.5 : 0)
    let isUp = builder.define("up", positive.compared(.gt, least))
    builder.when(hasSecond) {
      let other = base.count == 2 ? Expr.select(hasFirst, .unary(.neg, second), number(0)) : first
      put(other, second, walk)
      builder.transform(walk.scores, transform)
    } else: {
      storeBoth(first, walk)
    }
    return isOneSided ? choose(isUp, labels[1], labels[0]) : choose(isUp, 1, 0)
  }

  private func put(_ first: Expr, _ second: Expr, _ walk: ForestWalk) {
    walk.builder.store(first, to: walk.scores, at: [.integer(0)])
    walk.builder.store(second, to: walk.scores, at: [.integer(1)])
  }

  /// The scores of both classes from that of one.
  private func storeBoth(_ score: Expr, _ walk: ForestWalk) {
    let builder = walk.builder
    if base.count == 2 {
      put(score, score.like(0), walk)
      return builder.transform(walk.scores, transform)
    }
    if transform == .probit { return put(score.probit(builder), score.like(0), walk) }
    if transform == .logistic {
      let other = Expr.unary(.neg, score).logistic(builder)
      return put(other, score.logistic(builder), walk)
    }
    put(isOneSided && isPositive ? score.like(1) - score : .unary(.neg, score), score, walk)
  }

  private func choose(_ condition: Expr, _ yes: Int, _ no: Int) -> Expr {
    .select(condition, .whole(Int64(yes), .int64), .whole(Int64(no), .int64))
  }
}
