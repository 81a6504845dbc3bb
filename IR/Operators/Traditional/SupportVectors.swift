/// What SVM operators of ai.onnx.ml share: support vectors or plain coefficients, and a kernel.
struct SupportVectors {
  enum Kernel: String {
    case linear = "LINEAR"
    case polynomial = "POLY"
    case radial = "RBF"
    case sigmoid = "SIGMOID"
  }

  static let kernels = AttributeRange.texts(["LINEAR", "POLY", "RBF", "SIGMOID"])

  let kernel: Kernel
  /// Gamma, the constant term and the degree.
  let parameters: [Float]
  /// Row after row.
  let vectors: [Float]
  let count: Int
  let features: Int
  /// What is added to each product of the linear kernel.
  let offset: Float

  /// The products of a row with every vector, into `result`.
  func products(_ row: (Expr) -> Expr, to result: TensorView, _ builder: LoopBuilder) {
    let table = builder.table(Constant(vectors, .float32, [count, features]), "vectors")
    builder.loop("v", count) { vector in
      let sum = builder.declare("sum", .constant(0, .float32))
      builder.loop("k", features) { place in
        if kernel == .radial {
          let apart = builder.define("apart", row(place) - table[[vector, place]])
          builder.accumulate(sum, apart * apart)
        } else {
          builder.accumulate(sum, row(place) * table[[vector, place]])
        }
      }
      builder.store(finish(.variable(sum), builder), to: result, at: [vector])
    }
  }

  private func finish(_ sum: Expr, _ builder: LoopBuilder) -> Expr {
    let number = { (value: Float) in Expr.constant(Double(value), .float32) }
    switch kernel {
    case .linear: return offset == 0 ? sum : sum + number(offset)
    case .radial: return .math(.exp, [number(-parameters[0]) * sum])
    case .sigmoid: return .math(.tanh, [number(parameters[0]) * sum + number(parameters[1])])
    case .polynomial:
      let base = builder.define("base", number(parameters[0]) * sum + number(parameters[1]))
      switch parameters[2] {
      case 2: return base * base
      case 3: return base * base * base
      default: return .math(.pow, [base, number(parameters[2])])
      }
    }
  }
}

/// An operator whose attributes hold support vectors and a kernel.
protocol SupportVectorOperator: Operator {}

extension SupportVectorOperator {
  /// The vectors among the attributes, checked against the features of rows.
  ///
  /// - Parameters:
  ///   - supports: How many support vectors there are; with none, the coefficients are `linear` vectors.
  ///   - linear: How many vectors the coefficients are then.
  ///   - features: The features of a row.
  /// - Returns: The vectors and their kernel.
  /// - Throws: `svm-shape`.
  func supportVectors(
    _ supports: Int, linear: Int, features: Int
  ) throws(DiagnosticMessage) -> SupportVectors {
    let vectors = settings.floats(supports > 0 ? "support_vectors" : "coefficients") ?? []
    let count = supports > 0 ? supports : linear
    var parameters = settings.floats("kernel_params") ?? []
    if parameters.isEmpty { parameters = [0, 0, 0] }
    guard count > 0, product([count, features]) == (vectors.count, false), parameters.count >= 3
    else {
      throw DiagnosticMessage(
        "svm-shape",
        "\(vectors.count) numbers are not those of \(count) vectors of \(features) features, or the "
          + "kernel's parameters are not three")
    }
    let name = settings.string("kernel_type")
    let kernel = supports > 0 ? SupportVectors.Kernel(rawValue: name) ?? .linear : .linear
    return SupportVectors(
      kernel: kernel, parameters: parameters, vectors: vectors, count: count, features: features,
      offset: supports > 0 ? 0 : settings.floats("rho")?.first ?? 0)
  }
}
