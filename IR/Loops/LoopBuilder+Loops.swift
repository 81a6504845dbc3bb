extension LoopBuilder {
  /// A loop; one of a single turn leaves no loop behind.
  ///
  /// - Parameters:
  ///   - hint: A wish for the variable's name.
  ///   - from: The first index.
  ///   - to: The index after the last.
  ///   - step: A positive step.
  ///   - body: Builds a turn from the loop variable.
  /// - Throws: What `body` throws.
  public func loop<E: Error>(
    _ hint: String, from: Expr = .integer(0), to: Expr, step: Int = 1,
    _ body: (Expr) throws(E) -> Void
  ) throws(E) {
    var loops = OpenLoops()
    guard let index = open(hint, from: from, to: to, step: step, &loops) else { return }
    try fill(loops, index, body)
  }

  /// A loop over `0 ..< count`.
  ///
  /// - Parameters:
  ///   - hint: A wish for the variable's name.
  ///   - count: The number of turns.
  ///   - body: Builds a turn from the loop variable.
  /// - Throws: What `body` throws.
  public func loop<E: Error>(_ hint: String, _ count: Int, _ body: (Expr) throws(E) -> Void)
    throws(E)
  {
    try loop(hint, to: .integer(count), body)
  }

  /// Nested loops over all indices of a shape.
  ///
  /// - Parameters:
  ///   - shape: The extents.
  ///   - hint: A wish for the variables' names.
  ///   - body: Builds a turn from the index.
  /// - Throws: What `body` throws.
  public func loops<E: Error>(
    _ shape: [Int], _ hint: String = "i", _ body: ([Expr]) throws(E) -> Void
  ) throws(E) {
    var loops = OpenLoops()
    guard let index = open(shape, along: Array(shape.indices), hint, &loops) else { return }
    try fill(loops, index, body)
  }

  /// Loops over all elements of a view in the order of memory, the neighbours innermost.
  ///
  /// - Parameters:
  ///   - view: Where they lie.
  ///   - body: Gets the index, one loop variable for each axis.
  /// - Throws: What `body` throws.
  public func loops<E: Error>(
    along view: TensorView, _ body: ([Expr]) throws(E) -> Void
  ) throws(E) {
    var loops = OpenLoops()
    guard let index = open(view.shape, along: axesInMemory(view), "i", &loops) else { return }
    try fill(loops, index, body)
  }

  /// Loops over all elements of views of one shape, in the memory order of the first, with as few
  /// nested loops as their strides allow.
  ///
  /// - Parameters:
  ///   - views: All of one shape.
  ///   - body: Gets the offset of the element in each view's buffer, and the loops' indices when
  ///     all axes kept their own loop.
  /// - Throws: What `body` throws.
  public func forEachElement<E: Error>(
    _ views: [TensorView], _ body: (_ offsets: [Expr]) throws(E) -> Void
  ) throws(E) {
    var loops = OpenLoops()
    guard let offsets = open(views, &loops) else { return }
    try fill(loops, offsets, body)
  }
}

/// Loops whose bodies are being built, the outermost first.
private struct OpenLoops {
  var loops: [(variable: Variable, from: Expr, to: Expr, step: Int)] = []
}

extension LoopBuilder {
  /// Builds the body of the innermost loop, and ends all.
  private func fill<Index, E: Error>(
    _ loops: OpenLoops, _ index: Index, _ body: (Index) throws(E) -> Void
  ) throws(E) {
    do {
      try body(index)
    } catch {
      abandon(loops)
      throw error
    }
    close(loops)
  }

  /// Begins a loop.
  ///
  /// - Returns: Its index; `nil` for a loop without turns, which is not begun.
  @inline(never)
  private func open(
    _ hint: String, from: Expr = .integer(0), to: Expr, step: Int = 1, _ loops: inout OpenLoops
  ) -> Expr? {
    if let low = from.constantIndex, let high = to.constantIndex {
      if high <= low { return nil }
      if low + step >= high { return from }
    }
    let variable = variable(.index, hint)
    loops.loops.append((variable, from, to, step))
    openBlock()
    return .variable(variable)
  }

  /// Begins a loop for each axis, in the order given.
  @inline(never)
  private func open(
    _ shape: [Int], along axes: [Int], _ hint: String, _ loops: inout OpenLoops
  ) -> [Expr]? {
    guard !shape.contains(0) else { return nil }
    var index = shape.map { _ in Expr.integer(0) }
    for axis in axes {
      guard let part = open("\(hint)\(axis)", to: .integer(shape[axis]), &loops) else { return nil }
      index[axis] = part
    }
    return index
  }

  /// Begins the loops over all elements of views.
  @inline(never)
  private func open(_ views: [TensorView], _ loops: inout OpenLoops) -> [Expr]? {
    guard let first = views.first, !first.shape.contains(0) else { return nil }
    var offsets = views.map { Expr.integer($0.offset) }
    for dim in sharedDimensions(views, first) {
      guard let index = open("i", to: .integer(dim.extent), &loops) else { return nil }
      offsets = zip(offsets, dim.strides).map { offset, stride in offset + index * stride }
    }
    return offsets
  }

  @inline(never)
  private func close(_ loops: OpenLoops) {
    for loop in loops.loops.reversed() {
      emit(.loop(loop.variable, from: loop.from, to: loop.to, step: loop.step, closeBlock()))
    }
  }

  @inline(never)
  private func abandon(_ loops: OpenLoops) {
    for _ in loops.loops { _ = closeBlock() }
  }
}

/// The axes of a view, those of long strides first.
private func axesInMemory(_ view: TensorView) -> [Int] {
  view.shape.indices.sorted { a, b in
    let (x, y) = (view.strides[a], view.strides[b])
    return x != y ? x > y : a < b
  }
}

/// The axes of views of one shape, in the memory order of the first; those that lie alike in all are one.
private func sharedDimensions(
  _ views: [TensorView], _ first: TensorView
) -> [(extent: Int, strides: [Int])] {
  var merged: [(extent: Int, strides: [Int])] = []
  for axis in axesInMemory(first) where first.shape[axis] != 1 {
    let (extent, strides) = (first.shape[axis], views.map { $0.strides[axis] })
    if let last = merged.last,
      zip(last.strides, strides).allSatisfy({ $0 == $1 * extent })
    {
      merged[merged.count - 1] = (last.extent * extent, strides)
    } else {
      merged.append((extent, strides))
    }
  }
  return merged
}
