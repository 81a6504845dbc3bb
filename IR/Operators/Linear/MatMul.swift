/// The matrix product, batched over broadcast leading axes.
package struct MatMul: LinearOperator {
  package static let schema = OperatorSchema("MatMul", operands: ["A", "B"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Both; the second is the usual one.
  package var linearOperands: [Int] { [1, 0] }
  package var storesOnce: Bool { true }

  package func linearReading(
    of operand: Int, _ operands: [TensorType?], result: TensorType?
  ) -> LinearReading? {
    .product(operand, (left: 0, right: 1), operands)
  }

  /// Checks inner extents and broadcasts the leading ones.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let (a, b) = (try context.number(0), try context.number(1))
    guard a.element == b.element else {
      throw DiagnosticMessage(
        "matmul-element", "both factors must have one element type",
        notes: ["A is \(a)", "B is \(b)"])
    }
    return [TensorType(a.element, try MatrixProduct(a.shape, b.shape).output)]
  }

  /// Output-stationary loops; the nonzeros of a constant factor innermost.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (a, b, y) = (try builder.operand(0), try builder.operand(1), try builder.result())
    let product = try MatrixProduct(a.shape, b.shape)
    let (left, right) = (product.left(a), product.right(b))
    try builder.loops(product.full) { (index) throws(DiagnosticMessage) in
      let batch = Array(index.dropLast(2))
      let (row, column) = (index[batch.count], index[batch.count + 1])
      let sum = builder.declare("sum", .constant(0, y.element))
      try builder.forEachTerm(b, a) { (k, weight, isLeft) throws(DiagnosticMessage) in
        let x = left[batch + [row, k]]
        let w = right[batch + [k, column]]
        builder.accumulate(sum, isLeft ? (weight ?? x) * w : x * (weight ?? w))
      } row: { isLeft in
        isLeft ? row : column
      }
      builder.store(.variable(sum), to: y, at: product.outputIndex(index))
    }
  }
}

extension LoopBuilder {
  /// Runs over the inner axis of a matrix product: over the nonzeros of the factor that is a sparse
  /// constant matrix, or over all.
  fileprivate func forEachTerm(
    _ b: TensorView, _ a: TensorView,
    _ body: (_ k: Expr, _ weight: Expr?, _ isLeft: Bool) throws(DiagnosticMessage) -> Void,
    row: (_ isLeft: Bool) -> Expr
  ) throws(DiagnosticMessage) {
    let isSparse = constants.map { $0?.storage.isSparse ?? false }
    if isSparse[1], b.rank == 2 {
      return try forEachNonzero(of: 1, rowAxis: 1, row: row(false)) {
        (k, weight) throws(DiagnosticMessage) in try body(k, weight, false)
      }
    }
    if isSparse[0], a.rank == 2 {
      return try forEachNonzero(of: 0, rowAxis: 0, row: row(true)) {
        (k, weight) throws(DiagnosticMessage) in try body(k, weight, true)
      }
    }
    try loop("k", a.shape.last ?? 1) { (k) throws(DiagnosticMessage) in try body(k, nil, false) }
  }
}
