extension SpatialWindow {
  /// Resolves the windows of a pooling operator.
  package init(pooling settings: Settings, _ x: TensorType) throws(DiagnosticMessage) {
    guard x.rank >= 3, let kernel = settings.ints("kernel_shape") else {
      throw DiagnosticMessage(
        "window", "kernel_shape is required and X must have rank 3 or more", notes: ["X is \(x)"])
    }
    try self.init(settings, kernel: kernel, input: Array(x.shape[2...]))
  }

  /// The taps of a window that lie below a limit, and not before the operand unless `padded`.
  package func taps(
    _ axis: Int, _ start: Expr, limit: Int, padded: Bool
  ) -> (from: Expr, to: Expr) {
    let step = dilations[axis]
    var (from, to) = (Expr.integer(0), Expr.integer(kernel[axis]))
    if !padded, begin[axis] > 0 {
      let missing = (Expr.integer(step - 1) - start) / .integer(step)
      from = missing.maximum(.integer(0))
    }
    let last = (output[axis] - 1) * strides[axis] - begin[axis] + reach(axis)
    if last > limit {
      let room = (Expr.integer(limit + step - 1) - start) / .integer(step)
      to = room.minimum(.integer(kernel[axis]))
    }
    return (from, to)
  }

  /// Runs over the elements of the operand in a window.
  ///
  /// `body` gets the index in the operand; what is returned is the number of elements, or `nil` when
  /// it is that of the whole window.
  package func forEachTap(
    _ builder: LoopBuilder, _ index: [Expr], _ input: [Int], _ body: (_ place: [Expr]) -> Void
  ) -> Expr? {
    let starts = kernel.indices.map { axis in
      builder.define("start", index[axis + 2] * strides[axis] - begin[axis])
    }
    let ranges = kernel.indices.map { axis in
      let range = taps(axis, starts[axis], limit: input[axis], padded: false)
      return (from: builder.define("from", range.from), to: builder.define("to", range.to))
    }
    nest(builder, ranges[...], []) { tap in
      body(Array(index[..<2]) + tap.indices.map { starts[$0] + tap[$0] * dilations[$0] })
    }
    return count(ranges)
  }

  /// The number of elements in a window, the padding counted.
  package func paddedCount(_ index: [Expr], _ input: [Int]) -> Expr? {
    let ranges = kernel.indices.map { axis in
      let start = index[axis + 2] * strides[axis] - begin[axis]
      return taps(axis, start, limit: input[axis] + end[axis], padded: true)
    }
    return count(ranges)
  }

  private func count(_ ranges: [(from: Expr, to: Expr)]) -> Expr? {
    var result = Expr.integer(1)
    for range in ranges { result = result * (range.to - range.from) }
    return result.constantIndex == kernel.reduce(1, *) ? nil : result
  }

  private func nest(
    _ builder: LoopBuilder, _ ranges: ArraySlice<(from: Expr, to: Expr)>, _ tap: [Expr],
    _ body: ([Expr]) -> Void
  ) {
    guard let range = ranges.first else { return body(tap) }
    builder.loop("k\(tap.count)", from: range.from, to: range.to) { part in
      nest(builder, ranges.dropFirst(), tap + [part], body)
    }
  }
}
