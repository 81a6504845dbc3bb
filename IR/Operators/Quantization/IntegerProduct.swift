extension LoopBuilder {
  /// Sums the products of a matrix product in int32, zero points taken off, and stores what the
  /// operator makes of each sum.
  ///
  /// Zero points are `nil`, one number, one for each row of the left factor or one for each column
  /// of the right one, with or without batch axes.
  package func integerProduct(
    _ factors: (a: TensorView, b: TensorView), _ zeroPoints: (a: TensorView?, b: TensorView?),
    bias: TensorView? = nil, by op: any LinearOperator
  ) throws(DiagnosticMessage) {
    let (y, finish) = (try result(), try op.finishing(self))
    let product = try MatrixProduct(factors.a.shape, factors.b.shape)
    let (left, right) = (product.left(factors.a), product.right(factors.b))
    let isSparse = op is QLinearMatMul && constants[3]?.storage.isSparse == true
    try loops(product.full) { (index) throws(DiagnosticMessage) in
      let batch = Array(index.dropLast(2))
      let (row, column) = (index[batch.count], index[batch.count + 1])
      let sum = declare("sum", bias.map { $0[[column]] } ?? .constant(0, .int32))
      let shiftA = zeroPoints.a.map { define("za", product.rowParameter($0, index)) }
      let shiftB = zeroPoints.b.map { define("zb", product.columnParameter($0, index)) }
      func add(_ k: Expr, _ weight: Expr) {
        var (x, w) = (left[batch + [row, k]].converted(to: .int32), weight.converted(to: .int32))
        if let shiftA { x = x - shiftA.converted(to: .int32) }
        if let shiftB { w = w - shiftB.converted(to: .int32) }
        accumulate(sum, x * w)
      }
      if isSparse {
        try forEachNonzero(of: 3, rowAxis: 1, row: column, add)
      } else {
        loop("k", product.depth) { k in add(k, right[batch + [k, column]]) }
      }
      let place = product.outputIndex(index)
      store(finish(.variable(sum), place), to: y, at: place)
    }
  }
}

extension MatrixProduct {
  /// The scale or zero point of a row of the left factor.
  package func rowParameter(_ view: TensorView, _ index: [Expr]) -> Expr {
    var view = view
    if view.rank == 1 { view.insertAxis(1) }
    return parameter(view, index, along: batch.count)
  }

  /// The scale or zero point of a column of the right factor.
  package func columnParameter(_ view: TensorView, _ index: [Expr]) -> Expr {
    parameter(view, index, along: batch.count + 1)
  }

  private func parameter(_ view: TensorView, _ index: [Expr], along axis: Int) -> Expr {
    let lead = index.count - view.rank
    let place = view.shape.indices.map { own in
      view.shape[own] == 1 ? Expr.integer(0) : index[lead + own]
    }
    return view[place]
  }

  /// Checks that a scale or zero point has one number, one for each row or column, or batch axes.
  package func checkParameter(_ type: TensorType, isRow: Bool) throws(DiagnosticMessage) {
    let extent = isRow ? rows : columns
    let tail = isRow ? [rows, 1] : [1, columns]
    let full = type.shape.count <= 1 ? [extent] : batch + tail
    let fits = type.shape.count <= 1 || type.shape.count <= full.count
    let aligned = zip(type.shape.reversed(), full.reversed())
    guard fits, aligned.allSatisfy({ $0 == 1 || $0 == $1 }) else {
      throw DiagnosticMessage(
        "quantization-shape",
        "a scale or zero point of \(type) is neither one number nor one for each of the \(extent) "
          + (isRow ? "rows" : "columns"))
    }
  }
}
