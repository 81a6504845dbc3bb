/// An activation function of a recurrent operator with its parameters.
package struct RecurrentActivation {
  private let name: String
  private let alpha: Float
  private let beta: Float

  /// The parameters that a function takes, at their defaults; `nil` for one it does not take.
  private static let functions: [String: (alpha: Float?, beta: Float?)] = [
    "relu": (nil, nil), "tanh": (nil, nil), "sigmoid": (nil, nil), "softsign": (nil, nil),
    "softplus": (nil, nil), "affine": (1, 0), "leakyrelu": (0.01, nil),
    "thresholdedrelu": (1, nil), "scaledtanh": (1, 1), "hardsigmoid": (0.2, 0.5), "elu": (1, nil),
  ]

  private static let known =
    "Affine, Elu, HardSigmoid, LeakyRelu, Relu, ScaledTanh, Sigmoid, Softplus, Softsign, Tanh and "
    + "ThresholdedRelu"

  /// Resolves the activations of all directions; parameters are consumed in their order.
  package static func resolve(
    _ settings: Settings, fallback: [String], directions: Int
  ) throws(DiagnosticMessage) -> [[RecurrentActivation]] {
    let repeated = (0..<directions).flatMap { _ in fallback }
    let names = settings.strings("activations") ?? repeated
    guard names.count == repeated.count else {
      throw DiagnosticMessage(
        "recurrent-activations",
        "\(names.count) activations are given, but \(repeated.count) are needed")
    }
    var alphas = (settings.floats("activation_alpha") ?? [])[...]
    var betas = (settings.floats("activation_beta") ?? [])[...]
    var result: [RecurrentActivation] = []
    for name in names {
      let key = name.lowercased()
      guard let function = functions[key] else {
        throw DiagnosticMessage(
          "recurrent-activations",
          "attribute 'activations' holds '\(name)'; allowed are \(known)")
      }
      let alpha = function.alpha.map { alphas.popFirst() ?? $0 } ?? 0
      let beta = function.beta.map { betas.popFirst() ?? $0 } ?? 0
      result.append(RecurrentActivation(name: key, alpha: alpha, beta: beta))
    }
    return (0..<directions).map { direction in
      Array(result[(direction * fallback.count)..<((direction + 1) * fallback.count)])
    }
  }

  /// The function of a number.
  package func apply(_ value: Expr, _ builder: LoopBuilder) -> Expr {
    let x = builder.define("a", value)
    let number = { (value: Float) in Expr.constant(Double(value), x.element) }
    let (zero, one) = (number(0), number(1))
    switch name {
    case "relu": return x.maximum(zero)
    case "tanh": return x.applying(.tanh)
    case "sigmoid": return one / (one + Expr.unary(.neg, x).applying(.exp))
    case "softsign": return x / (one + .unary(.abs, x))
    case "softplus":
      let power = Expr.unary(.neg, .unary(.abs, x)).applying(.exp)
      return x.maximum(zero) + power.applying(.log1p)
    case "affine": return number(alpha) * x + number(beta)
    case "leakyrelu": return .select(x.compared(.ge, zero), x, number(alpha) * x)
    case "thresholdedrelu": return .select(x.compared(.ge, number(alpha)), x, zero)
    case "scaledtanh": return number(alpha) * (number(beta) * x).applying(.tanh)
    case "hardsigmoid": return (number(alpha) * x + number(beta)).maximum(zero).minimum(one)
    default:
      return .select(x.compared(.ge, zero), x, number(alpha) * (x.applying(.exp) - one))
    }
  }
}
