/// How an operator reads one of its operands as a weight.
public struct LinearReading: Hashable, Sendable {
  /// What sort of sum it is.
  public enum Kind: Hashable, Sendable {
    /// Each weight meets the operand at many places.
    case convolution
    /// A product of matrices.
    case product
    /// A product at each step of time; the weight has one matrix for each direction.
    case recurrence
  }

  /// What is added to the sums, along the output channels.
  public struct Addend: Hashable, Sendable {
    /// The operand.
    public var operand: Int
    /// What it is multiplied by.
    public var factor: Float = 1
    /// The attribute that holds the factor, where there is one.
    public var attribute: String?
  }

  /// What sort of sum it is.
  public var kind: Kind
  /// The operand that is the weight.
  public var operand: Int
  /// The operand whose elements the weight's are multiplied with.
  public var input: Int
  /// The input's axis that is summed over together with `columnAxis`.
  public var inputAxis: Int
  /// The weight's axis of output channels; `nil` for a vector, which has one.
  public var rowAxis: Int?
  /// The weight's axis of input channels.
  public var columnAxis: Int
  /// The groups of channels; each reads its own part of the input.
  public var groups = 1
  /// Output channels, of all groups together.
  public var outputChannels: Int
  /// The result's axis of output channels; `nil` where the result has none.
  public var outputAxis: Int?
  /// Multiply-accumulates with every element of the weight; padding counts.
  public var macs: Int
  /// The operands that have no effect on any result when the weight is all zero.
  public var silenced: [Int]
  /// What the sums are multiplied by.
  public var factor: Float = 1
  /// What is added to the sums, so that scaling a row of the weight and this scales the result; `nil`
  /// if the operator takes no such operand.
  public var addend: Addend?
  /// The operand that sums start from, one number for each output channel.
  public var start: Int?
  /// The operand that stands for zero in a quantized input.
  public var inputZeroPoint: Int?
  /// The operand that scales a quantized weight.
  public var scale: Int?
  /// The operand that stands for zero in a quantized weight.
  public var zeroPoint: Int?
  /// Whether the operator's loops can walk the nonzeros of a stored weight.
  public var walksNonzeros = true

  /// How often each element of the weight is multiplied.
  ///
  /// - Parameter weight: The weight's type.
  /// - Returns: A whole number, as every element meets equally many elements of the input.
  public func uses(of weight: TensorType) -> Int { weight.count == 0 ? 0 : macs / weight.count }

  /// The output channel that an element of the weight belongs to.
  ///
  /// - Parameter shape: The weight's shape.
  /// - Returns: A function of the element's row-major index.
  public func outputChannel(_ shape: [Int]) -> (Int) -> Int {
    guard let rowAxis else { return { _ in 0 } }
    let strides = rowMajorStrides(shape)
    let (rows, rowStride) = (max(shape[rowAxis], 1), max(strides[rowAxis], 1))
    guard rows < outputChannels, kind == .convolution else { return { $0 / rowStride % rows } }
    let (columns, stride) = (max(shape[columnAxis], 1), max(strides[columnAxis], 1))
    let perGroup = max(columns / max(groups, 1), 1)
    return { $0 / stride % columns / perGroup * rows + $0 / rowStride % rows }
  }
}

extension LinearReading {
  /// A convolution whose weight has filters first.
  ///
  /// - Parameters:
  ///   - operand: The weight.
  ///   - input: The activations.
  ///   - groups: Groups of channels.
  ///   - operands: The types of all operands.
  ///   - result: The result's type.
  /// - Returns: The facts, or `nil` when an operand is absent or the types do not fit.
  static func convolution(
    _ operand: Int, of input: Int, groups: Int, _ operands: [TensorType?], result: TensorType?
  ) -> LinearReading? {
    guard let weight = operands.type(operand), operands.type(input) != nil, let result,
      weight.rank >= 2, let filters = weight.shape.first, filters > 0
    else { return nil }
    return LinearReading(
      kind: .convolution, operand: operand, input: input, inputAxis: 1, rowAxis: 0, columnAxis: 1,
      groups: groups, outputChannels: filters, outputAxis: 1,
      macs: saturatingProduct(result.count, weight.count / filters), silenced: [input, operand])
  }

  /// A matrix product, batched over leading axes.
  ///
  /// - Parameters:
  ///   - operand: The weight.
  ///   - factors: The left and the right operand.
  ///   - operands: The types of all operands.
  /// - Returns: The facts, or `nil` when an operand is absent or the types do not fit.
  static func product(
    _ operand: Int, _ factors: (left: Int, right: Int), _ operands: [TensorType?]
  ) -> LinearReading? {
    guard let left = operands.type(factors.left), let right = operands.type(factors.right),
      let product = try? MatrixProduct(left.shape, right.shape)
    else { return nil }
    let isRight = operand == factors.right
    let (weight, input) = isRight ? (right, left) : (left, right)
    let rank = product.output.count
    let hasRows = weight.rank >= 2
    let isLast = isRight || product.rightIsVector
    return LinearReading(
      kind: .product, operand: operand, input: isRight ? factors.left : factors.right,
      inputAxis: isRight ? input.rank - 1 : max(input.rank - 2, 0),
      rowAxis: hasRows ? weight.rank - (isRight ? 1 : 2) : nil,
      columnAxis: isRight ? max(weight.rank - 2, 0) : weight.rank - 1,
      outputChannels: isRight ? product.columns : product.rows,
      outputAxis: hasRows ? rank - (isLast ? 1 : 2) : nil,
      macs: product.full.reduce(product.depth, saturatingProduct),
      silenced: [factors.left, factors.right], walksNonzeros: weight.rank == 2)
  }

  /// The weight of a recurrent layer for its input (operand 1) or its state (operand 2).
  ///
  /// - Parameters:
  ///   - operand: 1 or 2.
  ///   - operands: The types of all operands.
  ///   - silencesState: Whether the state meets nothing but its weight; without steps it is a result.
  /// - Returns: The facts, or `nil` when an operand is absent or the types do not fit.
  static func recurrence(
    _ operand: Int, _ operands: [TensorType?], silencesState: Bool
  ) -> LinearReading? {
    guard let x = operands.type(0), let weight = operands.type(operand),
      let hidden = operands.type(2)?.shape.last, x.rank == 3, weight.rank == 3
    else { return nil }
    let isInput = operand == 1
    let hasLengths = operands.type(4) != nil
    return LinearReading(
      kind: .recurrence, operand: operand, input: isInput ? 0 : 5, inputAxis: 2, rowAxis: 1,
      columnAxis: 2, outputChannels: hidden, outputAxis: 3,
      macs: saturatingProduct(saturatingProduct(x.shape[0], x.shape[1]), weight.count),
      silenced: isInput ? [0, 1] : silencesState && !hasLengths ? [2, 5] : [2])
  }
}

extension [TensorType?] {
  /// The type of an operand, or `nil` when it is absent.
  func type(_ index: Int) -> TensorType? { index < count ? self[index] : nil }
}

/// The product of two counts, or the largest number when that is not enough.
func saturatingProduct(_ a: Int, _ b: Int) -> Int {
  let (value, overflow) = a.multipliedReportingOverflow(by: b)
  return overflow ? .max : value
}
