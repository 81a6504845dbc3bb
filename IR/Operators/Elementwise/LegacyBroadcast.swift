extension ForeignNode {
  /// Replaces `broadcast` and `axis` of opsets 1 to 6 by today's rule.
  ///
  /// A second operand that is aligned elsewhere than at the end is given trailing extents of 1; the
  /// importer reshapes it.
  ///
  /// - Throws: Nothing; the signature is that of `adapt`.
  public mutating func adaptLegacyBroadcast() throws(DiagnosticMessage) {
    defer {
      attributes["axis"] = nil
      attributes["broadcast"] = nil
      attributes["consumed_inputs"] = nil
    }
    guard opset < 7,
      let axis = attributes.ints("axis")?.first
        ?? attributes["axis"].flatMap({
          if case .int(let value) = $0 { value } else { nil }
        }), operandTypes.count > 1, let a = operandTypes[0], let b = operandTypes[1]
    else { return }
    let start = axis < 0 ? axis + a.rank : axis
    let missing = a.rank - start - b.rank
    guard missing > 0 else { return }
    padShapes[1] = b.shape + Array(repeating: 1, count: missing)
  }
}
