/// The scores of each pair of classes of an SVM, their votes, and probabilities made of them.
struct PairVotes {
  let classes: Int
  let builder: LoopBuilder
  private let perClass: [Int]
  private let supports: Int
  private let coefficients: TensorView
  private let rho: [Float]
  private let slopes: ([Float], [Float])
  private let votes: TensorView
  /// Chances of each class against each other, the matrix of the equations, and its products.
  private let chances: TensorView
  private let matrix: TensorView
  private let sums: TensorView

  init(_ settings: Settings, _ classes: Int, _ builder: LoopBuilder) {
    (self.classes, self.builder) = (classes, builder)
    perClass = settings.ints("vectors_per_class") ?? []
    supports = perClass.reduce(0, +)
    let values = settings.floats("coefficients") ?? []
    coefficients = builder.table(
      Constant(Array(values.prefix((classes - 1) * supports)), .float32, [classes - 1, supports]),
      "coefficients")
    rho = settings.floats("rho") ?? []
    slopes = (settings.floats("prob_a") ?? [], settings.floats("prob_b") ?? [])
    votes = builder.scratch(.int32, [classes], "votes")
    let count = slopes.0.isEmpty ? 1 : classes
    chances = builder.scratch(.float32, [count, count], "chances")
    matrix = builder.scratch(.float32, [count, count], "matrix")
    sums = builder.scratch(.float32, [count], "sums")
  }

  /// Scores every pair, and finds the first class with the most votes.
  func vote(_ products: TensorView, to scores: TensorView) -> Expr {
    builder.loop("t", classes) { builder.store(.number(0, .int32), to: votes, at: [$0]) }
    var starts = [0]
    for count in perClass { starts.append(starts[starts.count - 1] + count) }
    var pair = 0
    for first in 0..<(classes - 1) {
      for second in (first + 1)..<classes {
        let sum = builder.declare("sum", .constant(0, .float64))
        for (row, group) in [(second - 1, first), (first, second)] {
          builder.loop("v", from: .integer(starts[group]), to: .integer(starts[group + 1])) {
            place in
            let term = coefficients[[.integer(row), place]] * products[[place]]
            builder.accumulate(sum, term.converted(to: .float64))
          }
        }
        builder.accumulate(sum, .constant(Double(rho[pair]), .float64))
        builder.store(Expr.variable(sum).converted(to: .float32), to: scores, at: [.integer(pair)])
        let wins = Expr.variable(sum).compared(.gt, .constant(0, .float64))
        let place = builder.define(
          "winner", .select(wins, .integer(first), .integer(second)))
        builder.store(votes[[place]] + .number(1, .int32), to: votes, at: [place])
        pair += 1
      }
    }
    return .variable(builder.argument(votes, 0, [.integer(0)], .gt))
  }

  /// Probabilities of the classes in place of the scores of the pairs, as libsvm couples them.
  func probabilities(_ scores: TensorView) {
    var pair = 0
    for first in 0..<(classes - 1) {
      for second in (first + 1)..<classes {
        let (a, b) = (number(slopes.0[pair]), number(slopes.1[pair]))
        let value = scores[[.integer(pair)]] * a + b
        let chance = number(1) - builder.define("value", value).logistic(builder)
        let low = builder.define("low", chance.maximum(number(1e-7)))
        let kept = builder.define("chance", low.minimum(number(1 - 1e-7)))
        builder.store(kept, to: chances, at: [.integer(first), .integer(second)])
        builder.store(number(1) - kept, to: chances, at: [.integer(second), .integer(first)])
        pair += 1
      }
    }
    fillMatrix(scores)
    solve(scores)
  }

  private func number(_ value: Float) -> Expr { .constant(Double(value), .float32) }

  private func fillMatrix(_ scores: TensorView) {
    builder.loops([classes, classes]) { index in
      builder.store(number(0), to: matrix, at: index)
    }
    builder.loop("i", classes) { i in
      builder.store(number(1 / Float(classes)), to: scores, at: [i])
      builder.loop("j", classes) { j in
        builder.when(i.compared(.ne, j)) {
          let other = builder.define("other", chances[[j, i]])
          builder.store(matrix[[i, i]] + other * other, to: matrix, at: [i, i])
          builder.store(.unary(.neg, other * chances[[i, j]]), to: matrix, at: [i, j])
        }
      }
    }
  }

  /// At most 100 rounds, until no equation is off by more than a 200th part of a class.
  private func solve(_ scores: TensorView) {
    let round = builder.declare("round", .integer(0))
    let isOff = builder.declare("off", .number(1, .bool))
    let turn = builder.block {
      let total = builder.declare("total", number(0))
      builder.loop("i", classes) { i in
        let sum = builder.declare("sum", number(0))
        builder.loop("j", classes) { j in builder.accumulate(sum, matrix[[i, j]] * scores[[j]]) }
        builder.store(.variable(sum), to: sums, at: [i])
        builder.accumulate(total, scores[[i]] * .variable(sum))
      }
      let worst = builder.declare("worst", number(0))
      builder.loop("i", classes) { i in
        let error = builder.define("error", Expr.unary(.abs, sums[[i]] - .variable(total)))
        builder.when(error.compared(.gt, .variable(worst))) { builder.assign(worst, error) }
      }
      builder.assign(
        isOff, Expr.unary(.lnot, Expr.variable(worst).compared(.lt, number(0.005 / Float(classes))))
      )
      builder.when(.variable(isOff)) { improve(scores, total) }
      builder.assign(round, .variable(round) + 1)
    }
    let goesOn = Expr.variable(isOff).and(Expr.variable(round).compared(.lt, .integer(100)))
    builder.emit(.repeatWhile(goesOn, turn))
  }

  private func improve(_ scores: TensorView, _ total: Variable) {
    builder.loop("i", classes) { i in
      let own = builder.define("own", matrix[[i, i]])
      let step = builder.define("step", (.variable(total) - sums[[i]]) / own)
      builder.store(scores[[i]] + step, to: scores, at: [i])
      let grown = builder.define("grown", number(1) + step)
      let next = .variable(total) + step * (step * own + number(2) * sums[[i]])
      builder.assign(total, next / grown / grown)
      builder.loop("j", classes) { j in
        builder.store((sums[[j]] + step * matrix[[i, j]]) / grown, to: sums, at: [j])
        builder.store(scores[[j]] / grown, to: scores, at: [j])
      }
    }
  }
}
