extension LoopBuilder {
  /// Where an operand lies, or `nil` when it is absent.
  package func operandIfAny(_ index: Int) -> TensorView? {
    index < operands.count ? operands[index] : nil
  }

  /// Where a result goes, or `nil` when nobody reads it.
  package func resultIfAny(_ index: Int) -> TensorView? {
    index < results.count ? results[index] : nil
  }

  /// Visits the nonzeros along the last axis of a weight.
  package func forEachNonzero(
    ofLast operand: Int, at leading: [Expr],
    _ body: (_ column: Expr, _ value: Expr) throws(DiagnosticMessage) -> Void
  ) throws(DiagnosticMessage) {
    let view = try self.operand(operand)
    let columns = view.shape.last ?? 1
    guard let constant = constants[operand], constant.storage.isSparse, columns > 0 else {
      return try loop("k", columns) { (column) throws(DiagnosticMessage) in
        try body(column, view[leading + [column]])
      }
    }
    let shape = [constant.type.count / columns, columns]
    let table = sparseTable(constant, operand, rowAxis: 0, as: shape)
    let row = zip(leading, rowMajorStrides(Array(view.shape.dropLast())))
      .reduce(Expr.integer(0)) { $0 + $1.0 * $1.1 }
    try forEachNonzero(of: table, row: row, body)
  }
}

extension Expr {
  /// The element type; float32 for an index.
  package var element: ElementType {
    if case .element(let element) = scalar { element } else { .float32 }
  }

  /// The product with a factor, in double precision for whole numbers.
  package func scaled(by factor: Float) -> Expr {
    if factor == 1 { return self }
    if element.isFloat { return self * .constant(Double(factor), element).splatted(lanes) }
    let product = converted(to: .float64) * .constant(Double(factor), .float64)
    return product.converted(to: element)
  }

  /// A function of one number.
  package func applying(_ function: MathFunction) -> Expr { .math(function, [self]) }

  /// Both conditions.
  package func and(_ other: Expr) -> Expr { .binary(.and, self, other) }

  /// Either condition.
  package func or(_ other: Expr) -> Expr { .binary(.or, self, other) }
}
