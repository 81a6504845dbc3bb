extension InferenceContext {
  /// The computable element type that all operands share.
  ///
  /// - Returns: The element type.
  /// - Throws: `missing-operand`, `element-type`, `element-mismatch`.
  public func common() throws(DiagnosticMessage) -> ElementType {
    let first = try computable(0)
    for index in operands.indices where has(index) {
      let other = try computable(index)
      guard other.element == first.element else {
        throw DiagnosticMessage(
          "element-mismatch",
          "the operands must have one element type, but operand 0 is \(first) and operand \(index) "
            + "is \(other)")
      }
    }
    return first.element
  }

  /// The number type that all operands share.
  ///
  /// - Returns: A computable element type other than bool.
  /// - Throws: `missing-operand`, `element-type`, `element-mismatch`.
  public func numeric() throws(DiagnosticMessage) -> ElementType {
    try shared("numbers") { $0 != .bool }
  }

  /// The floating-point type that all operands share.
  ///
  /// - Returns: A float.
  /// - Throws: `missing-operand`, `element-type`, `element-mismatch`.
  public func floating() throws(DiagnosticMessage) -> ElementType {
    try shared("floats") { $0.isFloat }
  }

  /// The integer type that all operands share.
  ///
  /// - Returns: An integer type.
  /// - Throws: `missing-operand`, `element-type`, `element-mismatch`.
  public func whole() throws(DiagnosticMessage) -> ElementType {
    try shared("integers") { $0.isInteger }
  }

  /// The bool type, which all operands must have.
  ///
  /// - Returns: `bool`.
  /// - Throws: `missing-operand`, `element-type`, `element-mismatch`.
  public func logical() throws(DiagnosticMessage) -> ElementType {
    try shared("bool") { $0 == .bool }
  }

  /// The type of an operand that holds numbers.
  ///
  /// - Parameter index: The operand.
  /// - Returns: Its type.
  /// - Throws: `missing-operand`, `element-type` for bool and types that are data only.
  public func number(_ index: Int) throws(DiagnosticMessage) -> TensorType {
    let type = try computable(index)
    guard type.element != .bool else {
      throw DiagnosticMessage(
        "element-type", "operand \(index) is \(type); this operator takes numbers")
    }
    return type
  }

  private func shared(
    _ what: String, _ allowed: (ElementType) -> Bool
  ) throws(DiagnosticMessage) -> ElementType {
    let element = try common()
    guard allowed(element) else {
      throw DiagnosticMessage(
        "element-type", "operand 0 is \(try type(0)); this operator takes \(what)")
    }
    return element
  }
}

extension TensorType {
  /// A type whose size in bytes is known to be representable.
  ///
  /// - Parameters:
  ///   - element: The type of the elements.
  ///   - shape: The extents; any integers.
  /// - Returns: The type.
  /// - Throws: `extent` for negative extents and counts that no memory can hold.
  public static func checked(
    _ element: ElementType, _ shape: [Int]
  ) throws(DiagnosticMessage) -> TensorType {
    let (count, overflow) = product(shape.map { max($0, 1) })
    guard !overflow, count <= 1 << 40, shape.allSatisfy({ $0 >= 0 }) else {
      throw DiagnosticMessage(
        "extent",
        "the result would be \(element.shortName)\(shape); extents must not be negative, nor the "
          + "tensor larger than 2^40 elements")
    }
    return TensorType(element, shape)
  }
}

/// Brings an axis of a tensor that must have axes into range.
///
/// - Parameters:
///   - axis: From `-rank` to `rank - 1`.
///   - type: The tensor.
/// - Returns: The axis counted from the front.
/// - Throws: `axis-range` when there is no such axis.
public func existingAxis(_ axis: Int, _ type: TensorType) throws(DiagnosticMessage) -> Int {
  guard axis >= -type.rank, axis < type.rank else {
    throw DiagnosticMessage("axis-range", "\(type) has no axis \(axis)")
  }
  return axis < 0 ? axis + type.rank : axis
}

/// Brings axes into range.
///
/// - Parameters:
///   - axes: From `-rank` to `rank - 1`.
///   - rank: The number of dimensions.
/// - Returns: The axes counted from the front, in the given order.
/// - Throws: `axis-range` when one lies outside, `axis-twice` when one is named twice.
public func distinctAxes(_ axes: [Int], rank: Int) throws(DiagnosticMessage) -> [Int] {
  var result: [Int] = []
  for axis in axes {
    guard axis >= -rank, axis < rank else {
      throw DiagnosticMessage("axis-range", "axis \(axis) is no axis of a tensor of rank \(rank)")
    }
    result.append(axis < 0 ? axis + rank : axis)
  }
  guard Set(result).count == result.count else {
    throw DiagnosticMessage("axis-twice", "the axes \(axes) name one axis twice")
  }
  return result
}
