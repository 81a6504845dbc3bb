/// The same elements under another shape.
package struct Reshape: Reshaping {
  package static let schema = OperatorSchema(
    "Reshape", operands: ["data", "shape"], results: ["reshaped"],
    attributes: ["allowzero": .int(0)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Moves the `shape` attribute of opsets 1 to 4 to an operand.
  package static func adapt(_ node: inout ForeignNode) throws(DiagnosticMessage) {
    node.attributes["consumed_inputs"] = nil
    node.moveAttribute("shape", toOperand: 1)
  }

  /// Resolves 0 (copied) and -1 (the rest).
  ///
  /// - Throws: `reshape-count`, `unknown-value`.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let data = try context.type(0)
    var shape = try context.integers(1, "the shape")
    if !settings.flag("allowzero") {
      for (axis, extent) in shape.enumerated() where extent == 0 && axis < data.rank {
        shape[axis] = data.shape[axis]
      }
    }
    if let axis = shape.firstIndex(of: -1) {
      let (known, overflow) = product(shape.filter { $0 != -1 })
      guard !overflow, known > 0, data.count % known == 0 else {
        throw DiagnosticMessage("reshape-count", "\(data) cannot be reshaped to \(shape)")
      }
      shape[axis] = data.count / known
    }
    let (count, overflow) = product(shape)
    guard !overflow, shape.allSatisfy({ $0 >= 0 }), count == data.count else {
      throw DiagnosticMessage("reshape-count", "\(data) cannot be reshaped to \(shape)")
    }
    return [TensorType(data.element, shape, quantization: data.quantization)]
  }

  /// The declared shape, in any of the ways to write it.
  package func impliedOperands(_ context: InferenceContext) -> [Int: ImpliedOperand] {
    guard let (count, result) = context.shown(1), count == result.rank, result.count > 0,
      let data = context.operands[0]
    else { return [:] }
    let accepted = result.shape.enumerated().map { axis, extent in
      let isCopied = axis < data.rank && data.shape[axis] == extent
      return [extent] + (isCopied && !settings.flag("allowzero") ? [0] : []) + [-1]
    }
    return [1: ImpliedOperand(accepted, rule: .atMostOnce(-1))]
  }
}

/// The product of extents.
///
/// - Parameter extents: Any integers.
/// - Returns: The product, and whether it overflowed.
public func product(_ extents: [Int]) -> (value: Int, overflow: Bool) {
  var value = 1
  for extent in extents {
    let (next, overflow) = value.multipliedReportingOverflow(by: extent)
    if overflow { return (0, true) }
    value = next
  }
  return (value, false)
}

extension LoopBuilder {
  /// Copies all elements in row-major order between views of one count.
  ///
  /// - Parameters:
  ///   - source: Where they are.
  ///   - target: Where they go.
  public func copyElements(from source: TensorView, to target: TensorView) {
    guard source.count > 0 else { return }
    if let seen = source.reshaped(target.shape) {
      return forEachElement([target, seen]) { offsets in
        emit(.store(target.buffer, offsets[0], .load(seen.buffer, offsets[1], lanes: 1)))
      }
    }
    if let seen = target.reshaped(source.shape) {
      return forEachElement([seen, source]) { offsets in
        emit(.store(seen.buffer, offsets[0], .load(source.buffer, offsets[1], lanes: 1)))
      }
    }
    loop("i", source.count) { offset in
      let value = source[unravel(offset, source.shape)]
      emit(.store(target.buffer, target.at(unravel(offset, target.shape)), value))
    }
  }
}
