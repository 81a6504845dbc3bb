/// What the operators of ai.onnx.ml do to the scores of a row at last.
enum PostTransform: Int {
  case none, softmax, logistic, softmaxZero, probit

  init(name: String) {
    switch name {
    case "SOFTMAX": self = .softmax
    case "LOGISTIC": self = .logistic
    case "SOFTMAX_ZERO": self = .softmaxZero
    case "PROBIT": self = .probit
    default: self = .none
    }
  }

  /// The names, as attributes have them.
  static let names = AttributeRange.texts(["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"])
}

extension LoopBuilder {
  /// Changes the scores of a row in place.
  ///
  /// - Parameters:
  ///   - scores: Of rank 1, float32 or float64.
  ///   - transform: What is done.
  func transform(_ scores: TensorView, _ transform: PostTransform) {
    switch transform {
    case .none: break
    case .logistic: each(scores) { $0.logistic(self) }
    case .probit: each(scores) { $0.probit(self) }
    case .softmax, .softmaxZero: softmax(scores, keepsZeros: transform == .softmaxZero)
    }
  }

  private func each(_ scores: TensorView, _ change: (Expr) -> Expr) {
    loop("t", scores.count) { place in
      store(change(define("score", scores[[place]])), to: scores, at: [place])
    }
  }

  /// Exponentials that sum to 1; with `keepsZeros`, scores of 0 stay 0.
  private func softmax(_ scores: TensorView, keepsZeros: Bool) {
    let element = scores.element
    let largest =
      element == .float32 ? Double(Float.greatestFiniteMagnitude) : .greatestFiniteMagnitude
    let most = declare("most", .constant(-largest, element))
    loop("t", scores.count) { place in
      let score = define("score", scores[[place]])
      when(score.compared(.gt, .variable(most))) { assign(most, score) }
    }
    let sum = declare("sum", .constant(0, element))
    loop("t", scores.count) { place in
      let score = define("score", scores[[place]])
      let power = { Expr.math(.exp, [score - .variable(most)]) }
      guard keepsZeros else {
        let value = define("power", power())
        store(value, to: scores, at: [place])
        return accumulate(sum, value)
      }
      let tiny = Expr.constant(Double(Float(0.0000001)), element)
      let counts = score.compared(.gt, tiny).or(score.compared(.lt, .unary(.neg, tiny)))
      when(counts) {
        let value = define("power", power())
        store(value, to: scores, at: [place])
        accumulate(sum, value)
      } else: {
        let factor = Expr.math(.exp, [.unary(.neg, .variable(most))])
        store(score * factor, to: scores, at: [place])
      }
    }
    each(scores) { $0 / .variable(sum) }
  }
}

extension Expr {
  /// The logistic function, by the exponential of a number that is not positive.
  func logistic(_ builder: LoopBuilder) -> Expr {
    let one = like(1)
    let power = Expr.math(.exp, [.unary(.neg, .unary(.abs, self))])
    let value = builder.define("logistic", one / (one + power))
    return .select(compared(.lt, like(0)), one - value, value)
  }

  /// The inverse of the normal distribution, approximated as onnxruntime does.
  func probit(_ builder: LoopBuilder) -> Expr {
    let (one, two) = (like(1), like(2))
    let x = builder.define("x", two * self - one)
    let log = builder.define("log", Expr.math(.log, [(one - x) * (one + x)]))
    let v = builder.define(
      "v", like(Double(2 / (Float(3.14159) * Float(0.147)))) + like(0.5) * log)
    let root = Expr.math(.sqrt, [v * v - like(Double(1 / Float(0.147))) * log])
    let size = Expr.math(.sqrt, [root - v])
    let sign = Expr.select(x.compared(.lt, like(0)), like(-1), one)
    return like(Double(Float(1.41421356))) * (sign * size)
  }
}
