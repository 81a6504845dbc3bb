/// How the axes of a batched matrix product pair up, as numpy's `matmul` has it.
public struct MatrixProduct: Hashable, Sendable {
  /// The leading extents of the result.
  public var batch: [Int]
  /// Rows of the left factor.
  public var rows: Int
  /// What is summed over.
  public var depth: Int
  /// Columns of the right factor.
  public var columns: Int
  /// Whether the left factor is a vector, whose row is not part of the result.
  public var leftIsVector: Bool
  /// Whether the right factor is a vector, whose column is not part of the result.
  public var rightIsVector: Bool

  /// Pairs the axes of two shapes.
  ///
  /// - Parameters:
  ///   - left: The left factor's shape.
  ///   - right: The right factor's shape.
  /// - Throws: `matmul-shape`.
  public init(_ left: [Int], _ right: [Int]) throws(DiagnosticMessage) {
    guard !left.isEmpty, !right.isEmpty else {
      throw DiagnosticMessage(
        "matmul-shape", "the factors \(left) and \(right) must not be scalars")
    }
    (leftIsVector, rightIsVector) = (left.count == 1, right.count == 1)
    let a = leftIsVector ? [1] + left : left
    let b = rightIsVector ? right + [1] : right
    (rows, depth, columns) = (a[a.count - 2], a[a.count - 1], b[b.count - 1])
    guard depth == b[b.count - 2],
      let batch = broadcastShape([Array(a.dropLast(2)), Array(b.dropLast(2))])
    else {
      throw DiagnosticMessage(
        "matmul-shape",
        "\(left) cannot be multiplied by \(right): inner extents must be equal and "
          + "leading ones must broadcast")
    }
    self.batch = batch
  }

  /// The result's shape.
  public var output: [Int] {
    batch + (leftIsVector ? [] : [rows]) + (rightIsVector ? [] : [columns])
  }

  /// The result's shape with the axes that vectors leave out.
  public var full: [Int] { batch + [rows, columns] }

  /// The index in the result for one in `full`.
  ///
  /// - Parameter index: One expression for each axis of `full`.
  /// - Returns: One expression for each axis of `output`.
  public func outputIndex(_ index: [Expr]) -> [Expr] {
    var result = index
    if rightIsVector { result.removeLast() }
    if leftIsVector { result.remove(at: batch.count) }
    return result
  }

  /// The index in `full` for one in the result.
  ///
  /// - Parameter index: One expression for each axis of `output`.
  /// - Returns: One expression for each axis of `full`.
  public func fullIndex(_ index: [Expr]) -> [Expr] {
    var result = index
    if leftIsVector { result.insert(.integer(0), at: batch.count) }
    if rightIsVector { result.append(.integer(0)) }
    return result
  }

  /// The left factor with all batch axes and a row axis.
  ///
  /// - Parameter view: Where operand 0 lies.
  /// - Returns: The same memory.
  public func left(_ view: TensorView) -> TensorView {
    var view = view
    if leftIsVector { view.insertAxis(0) }
    return view.broadcast(to: batch + [rows, depth])
  }

  /// The right factor with all batch axes and a column axis.
  ///
  /// - Parameter view: Where operand 1 lies.
  /// - Returns: The same memory.
  public func right(_ view: TensorView) -> TensorView {
    var view = view
    if rightIsVector { view.insertAxis(view.rank) }
    return view.broadcast(to: batch + [depth, columns])
  }
}

extension TensorView {
  /// Adds an axis of extent 1.
  package mutating func insertAxis(_ axis: Int) {
    shape.insert(1, at: axis)
    strides.insert(0, at: axis)
  }
}
