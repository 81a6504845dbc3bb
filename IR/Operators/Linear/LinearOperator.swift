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
}

extension Operator {
  /// The operands that may be read as weights by convolution, matrix product or recurrence.
  public var weightOperands: [Int] { (self as? any LinearOperator)?.linearOperands ?? [] }
}

/// An operator whose result 0 holds the elements of operand 0, moved or converted one by one, and
/// whose zeros stay zeros: a weight is looked for behind it.
public protocol ElementCarrier: Operator {}
