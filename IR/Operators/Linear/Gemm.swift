/// `alpha * A * B + beta * C`, each matrix transposed on request.
package struct Gemm: LinearOperator {
  package static let schema = OperatorSchema(
    "Gemm", operands: ["A", "B", "C?"],
    attributes: [
      "alpha": .float(1), "beta": .float(1), "transA": .int(0), "transB": .int(0),
    ])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// The factor of the product.
  package var alpha: Float { settings.float("alpha") }
  /// The factor of the addend.
  package var beta: Float { settings.float("beta") }
  /// Whether operand 0 is read transposed.
  package var transA: Bool { settings.flag("transA") }
  /// Whether operand 1 is read transposed: its rows are then the outputs.
  package var transB: Bool { settings.flag("transB") }
  package var linearOperands: [Int] { [1] }
  package var storesOnce: Bool { true }

  package func linearReading(
    of operand: Int, _ operands: [TensorType?], result: TensorType?
  ) -> LinearReading? {
    guard let a = operands.type(0), let b = operands.type(1), a.rank == 2, b.rank == 2 else {
      return nil
    }
    let (rows, inputAxis) = transA ? (a.shape[1], 0) : (a.shape[0], 1)
    let rowAxis = transB ? 0 : 1
    return LinearReading(
      kind: .product, operand: 1, input: 0, inputAxis: inputAxis, rowAxis: rowAxis,
      columnAxis: 1 - rowAxis, outputChannels: b.shape[rowAxis], outputAxis: 1,
      macs: saturatingProduct(rows, b.count), silenced: [0, 1], factor: alpha,
      addend: LinearReading.Addend(operand: 2, factor: beta, attribute: "beta"))
  }

  /// Drops `broadcast` of opsets 1 to 6, which today's rule covers.
  package static func adapt(_ node: inout ForeignNode) throws(DiagnosticMessage) {
    node.attributes["broadcast"] = nil
  }

  /// Checks ranks, inner extents and the addend.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let (a, b) = (try context.number(0), try context.number(1))
    guard a.rank == 2, b.rank == 2, a.element == b.element else {
      throw DiagnosticMessage(
        "gemm-rank", "both factors must be matrices of one element type",
        notes: ["A is \(a)", "B is \(b)"])
    }
    let (rows, inner) = transA ? (a.shape[1], a.shape[0]) : (a.shape[0], a.shape[1])
    let (depth, columns) = transB ? (b.shape[1], b.shape[0]) : (b.shape[0], b.shape[1])
    guard inner == depth else {
      throw DiagnosticMessage(
        "gemm-inner", "A has \(inner) columns after transposition, but B has \(depth) rows",
        notes: ["A is \(a)", "B is \(b)"])
    }
    if context.has(2) {
      let c = try context.computable(2)
      guard c.element == a.element, c.rank <= 2,
        broadcastShape([c.shape, [rows, columns]]) == [rows, columns]
      else {
        throw DiagnosticMessage(
          "gemm-addend", "C is \(c) and does not broadcast to [\(rows), \(columns)]")
      }
    }
    return [TensorType(a.element, [rows, columns])]
  }

  /// Output-stationary loops; the nonzeros of each output's weights innermost.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (a, y) = (try builder.operand(0), try builder.result())
    let left = transA ? a.permuted([1, 0]) : a
    let addend = builder.operandIfAny(2)?.broadcast(to: y.shape)
    let starts = alpha == 1 && beta == 1
    let finish = try finishing(builder)
    try builder.loops(y.shape) { (index) throws(DiagnosticMessage) in
      let zero = Expr.constant(0, y.element)
      let sum = builder.declare("sum", starts ? addend?[index] ?? zero : zero)
      try builder.forEachNonzero(of: 1, rowAxis: transB ? 0 : 1, row: index[1]) { k, weight in
        builder.accumulate(sum, left[[index[0], k]] * weight)
      }
      builder.store(starts ? .variable(sum) : finish(.variable(sum), index), to: y, at: index)
    }
  }

  /// `alpha` times the sum plus `beta` times the addend.
  package func finishing(_ builder: LoopBuilder) throws(DiagnosticMessage) -> SumFinish {
    let shape = try builder.result().shape
    let addend = beta == 0 ? nil : builder.operandIfAny(2)?.broadcast(to: shape)
    return { sum, index in
      let product = sum.scaled(by: alpha)
      guard let addend else { return product }
      return product + builder.elements(addend, index, sum.lanes).scaled(by: beta)
    }
  }
}
