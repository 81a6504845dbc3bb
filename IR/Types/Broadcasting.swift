/// The shape that ONNX's multidirectional broadcasting gives.
///
/// - Parameter shapes: The operands' shapes.
/// - Returns: The common shape, or `nil` where extents disagree.
public func broadcastShape(_ shapes: [[Int]]) -> [Int]? {
  let rank = shapes.map(\.count).max() ?? 0
  var result = [Int](repeating: 1, count: rank)
  for shape in shapes {
    let lead = rank - shape.count
    for (axis, extent) in shape.enumerated() where extent != 1 {
      let other = result[lead + axis]
      guard other == 1 || other == extent else { return nil }
      result[lead + axis] = extent
    }
  }
  return result
}

/// Brings an axis that may count from the end into range.
///
/// - Parameters:
///   - axis: From `-rank` to `rank - 1`.
///   - rank: The number of dimensions.
/// - Returns: The axis counted from the front.
/// - Throws: `axis-range` when it lies outside.
public func normalizedAxis(_ axis: Int, rank: Int) throws(DiagnosticMessage) -> Int {
  guard axis >= -rank, axis < max(rank, 1) else {
    throw DiagnosticMessage(
      "axis-range",
      "axis \(axis) is outside of -\(rank) ... \(rank - 1) for a tensor of rank \(rank)")
  }
  return axis < 0 ? axis + rank : axis
}
