/// The determinant of each matrix along the last two axes.
package struct Det: Operator {
  package static let schema = OperatorSchema("Det", since: 11, operands: ["X"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  /// 1e-4: pivots are rounded in other orders.
  package var tolerance: Double { 1e-4 }
  package var storesOnce: Bool { true }

  /// The operand's shape without its last two axes.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let element = try context.floating()
    let x = try context.type(0)
    guard x.rank >= 2, x.shape[x.rank - 1] == x.shape[x.rank - 2] else {
      throw DiagnosticMessage("det-shape", "operand 0 is \(x), which holds no square matrices")
    }
    return [TensorType(element, Array(x.shape.dropLast(2)))]
  }

  /// Elimination with the largest pivot of each column, and the product of the pivots.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, y) = (try builder.operand(0), try builder.result())
    let size = x.shape[x.rank - 1]
    let matrix = builder.scratch(x.element, [size, size], "matrix")
    builder.loops(y.shape) { index in
      builder.loops([size, size]) { place in
        builder.store(x[index + place], to: matrix, at: place)
      }
      let product = builder.declare("product", .constant(1, x.element))
      builder.loop("c", size) { column in
        let pivot = pivot(matrix, column, size, product, builder)
        builder.assign(product, .variable(product) * pivot)
        builder.when(pivot.compared(.ne, pivot.like(0))) {
          builder.loop("r", from: column + 1, to: .integer(size)) { row in
            let factor = builder.define("factor", matrix[[row, column]] / pivot)
            builder.loop("k", from: column + 1, to: .integer(size)) { place in
              let value = matrix[[row, place]] - factor * matrix[[column, place]]
              builder.store(value, to: matrix, at: [row, place])
            }
          }
        }
      }
      builder.store(.variable(product), to: y, at: index)
    }
  }

  /// Brings the row with the largest element of a column up, and turns the sign for it.
  private func pivot(
    _ matrix: TensorView, _ column: Expr, _ size: Int, _ product: Variable, _ builder: LoopBuilder
  ) -> Expr {
    let best = builder.declare("best", column)
    builder.loop("r", from: column + 1, to: .integer(size)) { row in
      let size = Expr.unary(.abs, matrix[[row, column]])
      let most = Expr.unary(.abs, matrix[[.variable(best), column]])
      builder.when(size.compared(.gt, most)) { builder.assign(best, row) }
    }
    builder.when(Expr.variable(best).compared(.ne, column)) {
      builder.assign(product, .unary(.neg, .variable(product)))
      builder.loop("k", size) { place in
        let own = builder.define("own", matrix[[column, place]])
        builder.store(matrix[[.variable(best), place]], to: matrix, at: [column, place])
        builder.store(own, to: matrix, at: [.variable(best), place])
      }
    }
    return builder.define("pivot", matrix[[column, column]])
  }
}
