/// Classification by support vectors, pair of classes by pair (ai.onnx.ml, opset 1).
///
/// Votes, probabilities and the rule for two classes are onnxruntime's.
package struct SVMClassifier: SupportVectorOperator {
  package static let schema = OperatorSchema(
    "SVMClassifier", domain: "ai.onnx.ml", through: 5, operands: ["X"], results: ["Y", "Z"],
    attributes: [
      "classlabels_ints": .ints([]), "classlabels_strings": .strings([]),
      "coefficients": .floats([]), "kernel_params": .floats([]), "kernel_type": .string("LINEAR"),
      "post_transform": .string("NONE"), "prob_a": .floats([]), "prob_b": .floats([]),
      "rho": .floats([]), "support_vectors": .floats([]), "vectors_per_class": .ints([]),
    ],
    allowed: ["kernel_type": SupportVectors.kernels, "post_transform": PostTransform.names])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  private var labels: [Int] { settings.ints("classlabels_ints") ?? [] }
  private var perClass: [Int] { settings.ints("vectors_per_class") ?? [] }
  private var supports: Int { perClass.reduce(0, &+) }
  private var pairs: Int { labels.count * (labels.count - 1) / 2 }
  private var hasProbabilities: Bool { settings.floats("prob_a")?.isEmpty == false }

  private var columns: Int {
    supports == 0 || hasProbabilities || labels.count <= 2 ? labels.count : pairs
  }

  /// A label and a row of scores for each row.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let (rows, features) = try context.rows(0)
    guard 2...4096 ~= labels.count, perClass.allSatisfy({ 0...(1 << 24) ~= $0 }),
      perClass.isEmpty || perClass.count == labels.count
    else {
      throw DiagnosticMessage(
        "svm-classes", "2 to 4096 classes are possible, each with a number of vectors")
    }
    _ = try supportVectors(supports, linear: labels.count, features: features)
    let count = { settings.floats($0)?.count ?? 0 }
    let isWhole =
      count("rho") >= (supports > 0 ? pairs : 1)
      && (supports == 0 || count("coefficients") >= (labels.count - 1) * supports)
      && (!hasProbabilities || count("prob_a") >= pairs && count("prob_b") >= pairs)
    guard isWhole else {
      throw DiagnosticMessage(
        "svm-shape", "rho, coefficients or probabilities are too few for \(labels.count) classes")
    }
    return [TensorType(.int64, [rows]), TensorType(.float32, [rows, columns])]
  }

  /// Products with all vectors, a score for each pair of classes, then votes.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let x = try builder.operand(0)
    let (y, z) = (builder.resultIfAny(0), builder.resultIfAny(1))
    let features = x.shape[x.rank - 1]
    let vectors = try supportVectors(supports, linear: labels.count, features: features)
    let products = builder.scratch(.float32, [vectors.count], "products")
    let scores = builder.scratch(.float32, [max(columns, pairs, 2)], "scores")
    let names = builder.table(.indices(labels), "labels")
    let voting = supports > 0 ? PairVotes(settings, labels.count, builder) : nil
    builder.loop("row", x.rank == 1 ? 1 : x.shape[0]) { row in
      vectors.products(
        { x[x.rank == 1 ? [$0] : [row, $0]].converted(to: .float32) }, to: products, builder)
      var place: Expr
      if let voting {
        place = voting.vote(products, to: scores)
        if hasProbabilities { voting.probabilities(scores) }
      } else {
        place = .variable(builder.argument(products, 0, [.integer(0)], .gt))
        builder.loop("t", columns) { builder.store(products[[$0]], to: scores, at: [$0]) }
      }
      place = builder.define("place", place)
      if let y { builder.store(label(place, names, scores, builder), to: y, at: [row]) }
      guard let z else { return }
      finish(scores, builder)
      builder.loop("t", columns) { target in
        builder.store(scores[[target]], to: z, at: [row, target])
      }
    }
  }

  /// The label: of two classes without votes, by the sign or half of the greatest score.
  private func label(
    _ place: Expr, _ names: TensorView, _ scores: TensorView, _ builder: LoopBuilder
  ) -> Expr {
    let own = names[[place]]
    guard labels.count == 2, !hasProbabilities, supports == 0 else { return own }
    let most = scores[[place]]
    let isPositive = (settings.floats("coefficients") ?? []).allSatisfy { $0 >= 0 }
    let wins = isPositive ? most.compared(.ge, most.like(0.5)) : most.compared(.gt, most.like(0))
    return .select(wins, names[[.integer(1)]], own)
  }

  /// Transforms scores; of two classes without probabilities there is one so far.
  private func finish(_ scores: TensorView, _ builder: LoopBuilder) {
    let transform = PostTransform(name: settings.string("post_transform"))
    let stored = TensorView(scores.buffer, [columns])
    guard supports > 0, !hasProbabilities, labels.count == 2 else {
      return builder.transform(stored, transform)
    }
    let score = builder.define("score", scores[[.integer(0)]])
    if transform == .probit {
      builder.store(score.probit(builder), to: scores, at: [.integer(0)])
      return builder.store(score.like(0), to: scores, at: [.integer(1)])
    }
    var pair = (transform == .none ? Expr.unary(.neg, score) : score.like(1) - score, score)
    if transform == .logistic {
      pair = (Expr.unary(.neg, score).logistic(builder), score.logistic(builder))
    }
    builder.store(pair.0, to: scores, at: [.integer(0)])
    builder.store(pair.1, to: scores, at: [.integer(1)])
  }
}
