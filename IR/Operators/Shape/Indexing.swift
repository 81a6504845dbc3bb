extension InferenceContext {
  /// The type of an operand that holds indices.
  ///
  /// - Parameter index: The operand.
  /// - Returns: Its type.
  /// - Throws: `index-type` when it is neither int32 nor int64.
  public func indices(_ index: Int) throws(DiagnosticMessage) -> TensorType {
    let type = try type(index)
    guard type.element == .int32 || type.element == .int64 else {
      throw DiagnosticMessage("index-type", "operand \(index) is \(type); indices are i32 or i64")
    }
    return type
  }

  /// Checks the indices that are known at compile time.
  ///
  /// - Parameters:
  ///   - index: The operand that holds them.
  ///   - extent: The axis that they go along.
  /// - Throws: `index-range` when one lies outside, or there is nothing to index.
  public func checkIndices(_ index: Int, extent: Int) throws(DiagnosticMessage) {
    guard try type(index).count > 0 else { return }
    let bad = known[index]?.integers?.first { $0 < -extent || $0 >= extent }
    guard let bad = bad ?? (extent == 0 ? 0 : nil) else { return }
    throw DiagnosticMessage("index-range", "index \(bad) lies outside of an axis of \(extent)")
  }
}

extension LoopBuilder {
  /// A place along an axis from an element of an operand, which may count from the end.
  ///
  /// What is only known at run time is brought into range, so that no access leaves the tensor.
  ///
  /// - Parameters:
  ///   - value: The element.
  ///   - operand: The operand that it comes from.
  ///   - extent: Of the axis.
  /// - Returns: An index within `0 ..< extent`.
  public func place(_ value: Expr, operand: Int, extent: Int) -> Expr {
    if let known = context.known[operand]?.integers, known.allSatisfy({ 0..<extent ~= $0 }) {
      return define("at", value.converted(to: .index))
    }
    let (raw, zero) = (define("raw", value), value.like(0))
    let size = value.like(Double(extent))
    let wrapped = define("at", .select(raw.compared(.lt, zero), raw + size, raw))
    let inside = wrapped.maximum(zero).minimum(value.like(Double(extent - 1)))
    return define("at", inside.converted(to: .index))
  }
}
