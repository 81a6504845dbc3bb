extension LoopBuilder {
  /// Stores a function of each element of a view into a view of the same shape.
  ///
  /// - Parameters:
  ///   - source: Where the elements are.
  ///   - target: A result, which goes through the fused tail, or scratch memory.
  ///   - change: The stored value from the element.
  public func map(_ source: TensorView, to target: TensorView, _ change: (Expr) -> Expr) {
    if epilogue != nil, target == results.first {
      return loops(along: target) { store(change(source[$0]), to: target, at: $0) }
    }
    forEachElement([target, source]) { offsets in
      let value = Expr.load(source.buffer, offsets[1], lanes: 1)
      emit(.store(target.buffer, offsets[0], change(value)))
    }
  }

  /// Copies elements between views of one shape.
  ///
  /// - Parameters:
  ///   - source: Where the elements are.
  ///   - target: A result, which goes through the fused tail, or scratch memory.
  public func copy(_ source: TensorView, to target: TensorView) { map(source, to: target) { $0 } }

  /// Copies elements into a part of a view.
  ///
  /// - Parameters:
  ///   - source: Where the elements are.
  ///   - target: A result, which goes through the fused tail, or scratch memory.
  ///   - origin: The index in the target where the part begins.
  public func copy(_ source: TensorView, to target: TensorView, from origin: [Int]) {
    if epilogue != nil, target == results.first {
      return loops(along: target.part(origin, source.shape)) { index in
        store(source[index], to: target, at: zip(index, origin).map { $0 + $1 })
      }
    }
    copy(source, to: target.part(origin, source.shape))
  }

  /// Stores one value into every element of a view.
  ///
  /// - Parameters:
  ///   - target: A result, which goes through the fused tail, or scratch memory.
  ///   - value: What is stored.
  public func fill(_ target: TensorView, with value: Expr) {
    if epilogue != nil, target == results.first {
      return loops(target.shape) { store(value, to: target, at: $0) }
    }
    forEachElement([target]) { emit(.store(target.buffer, $0[0], value)) }
  }
}

extension TensorView {
  /// A part of the view.
  ///
  /// - Parameters:
  ///   - origin: The index of its first element.
  ///   - shape: Its extents.
  /// - Returns: The same memory.
  public func part(_ origin: [Int], _ shape: [Int]) -> TensorView {
    var offset = offset
    for axis in origin.indices where !shape.contains(0) { offset += origin[axis] * strides[axis] }
    return TensorView(buffer, shape, strides: strides, offset: offset)
  }
}
