/// An operator that sums products with a weight: a convolution, a matrix product or a recurrence.
///
/// What is said here is said once: pruning, `sparsify`, masks, reports, folding of normalisations and
/// the count of multiply-accumulates all ask it, mostly through `Graph.weights()`.
public protocol LinearOperator: Operator {
  /// The operands that may be weights, the usual one first.
  var linearOperands: [Int] { get }

  /// How an operand is read when it is the weight.
  ///
  /// - Parameters:
  ///   - operand: One of `linearOperands`.
  ///   - operands: The types of all operands.
  ///   - result: The type of result 0; `nil` when nobody reads it.
  /// - Returns: The facts, or `nil` when an operand is absent or the types do not fit.
  func linearReading(
    of operand: Int, _ operands: [TensorType?], result: TensorType?
  ) -> LinearReading?

  /// What becomes of a sum of products before it is stored: factors, addends, requantisation.
  ///
  /// Plain loops and kernel forms finish their sums by it.
  ///
  /// - Parameter builder: Has the operands; statements are not appended.
  /// - Returns: A function of a sum, or of neighbouring ones along the builder's axis of lanes, and
  ///   of its index in result 0.
  /// - Throws: `missing-operand`.
  func finishing(_ builder: LoopBuilder) throws(DiagnosticMessage) -> SumFinish
}

/// What becomes of a sum, given its index in the result.
public typealias SumFinish = (_ sum: Expr, _ index: [Expr]) -> Expr

extension LinearOperator {
  /// Sums are stored as they are.
  ///
  /// - Parameter builder: Has the operands.
  /// - Returns: A function that returns its sum.
  /// - Throws: Nothing here.
  public func finishing(_ builder: LoopBuilder) throws(DiagnosticMessage) -> SumFinish {
    { sum, _ in sum }
  }
}

/// A linear operator whose weights, filters first, slide over the axes behind the input's channels.
public protocol SlidingOperator: LinearOperator {}

extension SlidingOperator {
  /// The resolved windows.
  ///
  /// - Parameters:
  ///   - x: The shape of the activations.
  ///   - w: The shape of the weights.
  /// - Returns: Kernel, strides, dilations, pads and output extents.
  /// - Throws: `window`.
  public func window(_ x: [Int], _ w: [Int]) throws(DiagnosticMessage) -> SpatialWindow {
    try SpatialWindow(settings, kernel: Array(w[2...]), input: Array(x[2...]))
  }
}

extension Operator {
  /// The operands that may be read as weights by convolution, matrix product or recurrence.
  public var weightOperands: [Int] { (self as? any LinearOperator)?.linearOperands ?? [] }
}

/// An operator whose result 0 holds the elements of operand 0, moved or converted one by one, and
/// whose zeros stay zeros: a weight is looked for behind it.
public protocol ElementCarrier: Operator {}
