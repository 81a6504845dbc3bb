/// What type inference knows of a node's operands.
public struct InferenceContext: Sendable {
  /// The operands' types; `nil` for an optional operand that is absent.
  public var operands: [TensorType?]
  /// The operands' elements where they are known at compile time.
  public var known: [Constant?]
  /// For each block of the node, the types that it yields.
  public var blockResults: [[TensorType]]
  /// How many results the node has; trailing optional results may be absent.
  public var resultCount: Int
  /// The types that the file declares for the results; only `impliedOperands` looks at them.
  public var results: [TensorType?]

  /// Makes a context.
  ///
  /// - Parameters:
  ///   - operands: The operands' types.
  ///   - known: The operands' elements where they are known; padded with `nil`.
  ///   - blockResults: For each block of the node, the types that it yields.
  ///   - resultCount: How many results the node has.
  ///   - results: The types that the file declares for the results.
  public init(
    operands: [TensorType?], known: [Constant?] = [], blockResults: [[TensorType]] = [],
    resultCount: Int = 1, results: [TensorType?] = []
  ) {
    self.operands = operands
    self.known = known + Array(repeating: nil, count: max(0, operands.count - known.count))
    self.blockResults = blockResults
    self.resultCount = resultCount
    self.results = results
  }

  /// The operands in the types that kernels compute in.
  package var arithmetic: InferenceContext {
    var context = self
    for index in operands.indices {
      guard let element = operands[index]?.element, !element.isNative else { continue }
      context.operands[index]?.element = element.arithmetic
    }
    return context
  }

  /// The type of an operand that must be there.
  ///
  /// - Parameter index: The operand.
  /// - Returns: Its type.
  /// - Throws: `missing-operand`.
  public func type(_ index: Int) throws(DiagnosticMessage) -> TensorType {
    guard index < operands.count, let type = operands[index] else {
      throw DiagnosticMessage("missing-operand", "operand \(index) is required but absent")
    }
    return type
  }

  /// Whether an optional operand is there.
  ///
  /// - Parameter index: The operand.
  /// - Returns: Whether it was given.
  public func has(_ index: Int) -> Bool { index < operands.count && operands[index] != nil }

  /// The integers of an operand that must be known at compile time.
  ///
  /// - Parameters:
  ///   - index: The operand.
  ///   - what: What it holds, for the message.
  /// - Returns: Its elements.
  /// - Throws: `unknown-value` when they depend on the model's inputs.
  public func integers(_ index: Int, _ what: String) throws(DiagnosticMessage) -> [Int] {
    if try type(index).count == 0 { return [] }
    guard let values = known[index]?.integers else {
      throw DiagnosticMessage(
        "unknown-value",
        "\(what) (operand \(index)) must be known at compile time; make it a constant, or fix the "
          + "inputs that it is computed from")
    }
    return values
  }

  /// The numbers of an operand that must be known at compile time.
  ///
  /// - Parameters:
  ///   - index: The operand.
  ///   - what: What it holds, for the message.
  /// - Returns: Its elements.
  /// - Throws: `unknown-value` when they depend on the model's inputs.
  public func numbers(_ index: Int, _ what: String) throws(DiagnosticMessage) -> [Double] {
    _ = try type(index)
    guard let values = known[index]?.numbers else {
      throw DiagnosticMessage(
        "unknown-value",
        "\(what) (operand \(index)) must be known at compile time; make it a constant, or fix the "
          + "inputs that it is computed from")
    }
    return values
  }

  /// The type of an operand that kernels can compute in.
  ///
  /// - Parameter index: The operand.
  /// - Returns: Its type.
  /// - Throws: `element-type` for types that are data only.
  public func computable(_ index: Int) throws(DiagnosticMessage) -> TensorType {
    let type = try type(index)
    guard type.element.isComputable else {
      throw DiagnosticMessage(
        "element-type",
        "operand \(index) is \(type); this operator takes real numbers and bool")
    }
    return type
  }
}
