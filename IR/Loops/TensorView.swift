/// Where the elements of a tensor lie in a buffer.
///
/// Layout is strides: a transposed, sliced or broadcast tensor is the same buffer seen otherwise, so
/// plain lowerings work in any layout and such operators need no code.
public struct TensorView: Hashable, Sendable {
  /// The memory.
  public var buffer: Buffer
  /// The extents.
  public var shape: [Int]
  /// Elements between neighbours along each axis; 0 where broadcast.
  public var strides: [Int]
  /// The element at index 0.
  public var offset: Int

  /// Makes a view.
  ///
  /// - Parameters:
  ///   - buffer: The memory.
  ///   - shape: The extents.
  ///   - strides: Elements between neighbours along each axis; row-major if none are given.
  ///   - offset: The element at index 0.
  public init(_ buffer: Buffer, _ shape: [Int], strides: [Int]? = nil, offset: Int = 0) {
    self.buffer = buffer
    self.shape = shape
    self.strides = strides ?? rowMajorStrides(shape)
    self.offset = offset
  }

  /// The type that elements are computed in.
  public var element: ElementType { buffer.element.arithmetic }
  /// The type that elements are held in.
  public var stored: ElementType { buffer.element }
  /// The number of dimensions.
  public var rank: Int { shape.count }
  /// The number of elements.
  public var count: Int { shape.reduce(1, *) }

  /// Whether the elements lie row-major and without gaps.
  public var isContiguous: Bool {
    zip(zip(shape, strides), rowMajorStrides(shape)).allSatisfy { $0.0 == 1 || $0.1 == $1 }
  }

  /// The offset of an element; an index may run on past its axis into the one before it.
  ///
  /// - Parameter index: One expression for each axis.
  /// - Returns: Counted in elements of the buffer.
  public func at(_ index: [Expr]) -> Expr {
    var sum = Expr.integer(offset)
    for (axis, part) in index.enumerated() { sum = sum + part * strides[axis] }
    return sum
  }

  /// The element at an index.
  ///
  /// - Parameter index: One expression for each axis.
  /// - Returns: A load.
  public subscript(index: [Expr]) -> Expr { .load(buffer, at(index), lanes: 1) }

  /// The view broadcast to a larger shape.
  ///
  /// - Parameter shape: A shape that this one broadcasts to.
  /// - Returns: The same memory, strides 0 along the axes that are repeated.
  public func broadcast(to shape: [Int]) -> TensorView {
    let lead = shape.count - rank
    let strides = shape.indices.map { axis in
      axis < lead || self.shape[axis - lead] == 1 ? 0 : self.strides[axis - lead]
    }
    return TensorView(buffer, shape, strides: strides, offset: offset)
  }

  /// The view with its axes in another order.
  ///
  /// - Parameter order: For each new axis, the old one.
  /// - Returns: The same memory.
  public func permuted(_ order: [Int]) -> TensorView {
    TensorView(
      buffer, order.map { shape[$0] }, strides: order.map { strides[$0] }, offset: offset)
  }

  /// The view under another shape, when no element has to move.
  ///
  /// - Parameter shape: Of the same count.
  /// - Returns: The same memory, or `nil` when strides do not allow it.
  public func reshaped(_ shape: [Int]) -> TensorView? {
    if isContiguous || shape.contains(0) { return TensorView(buffer, shape, offset: offset) }
    var old = zip(self.shape, strides).filter { $0.0 != 1 }.map { (extent: $0.0, stride: $0.1) }
    var result = [Int](repeating: 0, count: shape.count)
    for axis in shape.indices.reversed() where shape[axis] != 1 {
      guard let last = old.last, last.extent % shape[axis] == 0 || merge(&old, shape[axis]),
        let group = old.popLast()
      else { return nil }
      result[axis] = group.stride
      let rest = group.extent / shape[axis]
      if rest > 1 { old.append((rest, group.stride * shape[axis])) }
    }
    return TensorView(buffer, shape, strides: result, offset: offset)
  }

  /// Joins trailing dimensions that lie side by side until `extent` divides the last one.
  private func merge(_ dims: inout [(extent: Int, stride: Int)], _ extent: Int) -> Bool {
    while let last = dims.last, last.extent % extent != 0 {
      guard dims.count > 1 else { return false }
      let outer = dims[dims.count - 2]
      guard outer.stride == last.stride * last.extent else { return false }
      dims.removeLast(2)
      dims.append((outer.extent * last.extent, last.stride))
    }
    return !dims.isEmpty
  }
}
