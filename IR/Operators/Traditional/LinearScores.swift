/// An operator of ai.onnx.ml that multiplies rows by a matrix of coefficients among its attributes.
protocol LinearScores: Operator {}

extension LinearScores {
  /// Rows as float32 times the coefficients, plus intercepts, by Gemm.
  ///
  /// - Parameters:
  ///   - builder: Takes the nodes.
  ///   - targets: The rows of the coefficients.
  ///   - intercepts: One for each target; none where there are fewer.
  /// - Returns: A row of targets for each row.
  /// - Throws: What inference of the nodes throws.
  func scores(
    _ builder: inout DecompositionBuilder, targets: Int, intercepts: [Float]
  ) throws(DiagnosticMessage) -> ValueID {
    let coefficients = settings.floats("coefficients") ?? []
    let rows = try builder.rowsOfFloats()
    let features = builder.type(rows).shape[1]
    let weight = builder.constant(Constant(coefficients, .float32, [targets, features]))
    let addend =
      intercepts.count == targets
      ? builder.constant(Constant(intercepts, .float32, [targets])) : nil
    return try builder.node(Gemm(attributes: ["transB": .int(1)]), rows, weight, addend)
  }

  /// Checks that the coefficients are those of so many targets, and says how many rows there are.
  func checkedRows(_ context: InferenceContext, targets: Int) throws(DiagnosticMessage) -> Int {
    let (rows, features) = try context.rows(0)
    let count = settings.floats("coefficients")?.count ?? 0
    guard targets > 0, product([targets, features]) == (count, false) else {
      throw DiagnosticMessage(
        "linear-shape",
        "\(count) coefficients are not those of \(targets) targets and \(features) features")
    }
    return rows
  }
}

extension DecompositionBuilder {
  /// Operand 0 as a matrix of float32.
  mutating func rowsOfFloats() throws(DiagnosticMessage) -> ValueID {
    guard var x = operands.first.flatMap({ $0 }) else {
      throw DiagnosticMessage("missing-operand", "operand 0 is required but absent")
    }
    if type(x).element != .float32 { x = try node(Cast(attributes: ["to": .int(1)]), x) }
    if type(x).rank == 1 {
      let shape = constant(.indices([1, type(x).shape[0]]))
      x = try node(Reshape(), x, shape)
    }
    return x
  }
}
