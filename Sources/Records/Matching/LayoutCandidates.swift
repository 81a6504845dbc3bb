/// The layouts in which a parameter of one shape may stand in a constant of another.
///
/// Axes of extent one are ignored: exporters insert and drop them freely.
enum LayoutCandidates {
  /// Above this rank only the two orders of axes that exporters write are tried.
  private static let permutedRankLimit = 4

  static func all(parameter shape: [Int], target: MatchTarget) -> [RecordLayout] {
    let count = elementCount(of: shape) ?? 0
    guard count > 0 else { return [] }
    if let order = GateOrder(target.role) {
      return order.layouts(parameter: shape, target: target.shape)
    }
    let (from, to) = (shape.filter { $0 != 1 }, target.shape.filter { $0 != 1 })
    guard count == target.values.count else { return [] }
    let identity =
      shape == target.shape
      ? RecordLayout.identity(count) : RecordLayout.identity(count, name: "reshaped")
    return [identity] + permutations(from, to)
  }

  private static func permutations(_ from: [Int], _ to: [Int]) -> [RecordLayout] {
    guard from.count == to.count, from.count >= 2 else { return [] }
    guard from.count <= permutedRankLimit else { return [] }
    return orders(of: Array(from.indices))
      .filter { axes in axes != Array(from.indices) && axes.map { from[$0] } == to }
      .map { RecordLayout.permutation($0, of: from) }
  }

  private static func orders(of axes: [Int]) -> [[Int]] {
    guard let _ = axes.first else { return [[]] }
    return axes.flatMap { axis in
      orders(of: axes.filter { $0 != axis }).map { [axis] + $0 }
    }
  }
}

/// The orders in which trainers keep the gates of a recurrent layer, seen from ONNX.
private struct GateOrder {
  /// `orders[k][g]` is the trainer's place of ONNX's gate `g`.
  let orders: [[Int]]

  /// Knows the orders of PyTorch (i, f, g, o and r, z, n) and of Keras (i, f, c, o and z, r, h).
  ///
  /// ONNX keeps i, o, f, c and z, r, h.
  init?(_ role: MatchTarget.Role) {
    switch role {
    case .lstm: orders = [[0, 3, 1, 2], [0, 1, 2, 3]]
    case .gru: orders = [[1, 0, 2], [0, 1, 2]]
    case .plain, .transposedConvolution: return nil
    }
  }

  /// Layouts of one direction of a constant of shape [directions, gates * hidden, inputs].
  func layouts(parameter shape: [Int], target: [Int]) -> [RecordLayout] {
    guard target.count == 3, let gates = orders.first?.count, target[1] % gates == 0 else {
      return []
    }
    let (rows, columns) = (target[1] / gates, target[2])
    let squeezed = shape.filter { $0 != 1 }
    var result: [RecordLayout] = []
    for isTransposed in [false, true] {
      let expected = isTransposed ? [columns, target[1]] : [target[1], columns]
      guard shape == expected || squeezed == expected.filter({ $0 != 1 }) else { continue }
      result += orders.map { order in
        let isIdentity = order == Array(order.indices)
        let text = isIdentity ? "gates kept" : "gates \(order)"
        return .gates(
          order, rows: rows, columns: columns, transposed: isTransposed,
          name: isTransposed ? "\(text), transposed" : text)
      }
    }
    return result
  }
}
