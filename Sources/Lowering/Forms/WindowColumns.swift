import CoppiceIR

/// In which order the columns of a window are met, and by how many lanes sums are moved on the way:
/// those left of the result from the outermost inwards, the result's own, those right of it.
struct WindowColumns {
  /// A column and by how much its sums are moved after it.
  struct Stage {
    var column: Int
    var shift: Int
  }

  let left: [Stage]
  let own: Int?
  let right: [Stage]

  /// Takes a window apart; `nil` where results are not as many as columns of the operand.
  init?(_ g: ConvolutionGeometry) {
    let window = g.window
    guard window.strides == [1, 1], g.outWidth == g.width else { return nil }
    let offsets = (0..<window.kernel[1]).map { $0 * window.dilations[1] - window.begin[1] }
    guard offsets.allSatisfy({ abs($0) < g.width }) else { return nil }
    let before = offsets.indices.filter { offsets[$0] < 0 }
    let behind = offsets.indices.filter { offsets[$0] > 0 }.reversed()
    left = before.map { column in
      let next = column + 1 < offsets.count ? min(offsets[column + 1], 0) : 0
      return Stage(column: column, shift: next - offsets[column])
    }
    right = behind.map { column in
      let next = column > 0 ? max(offsets[column - 1], 0) : 0
      return Stage(column: column, shift: offsets[column] - next)
    }
    own = offsets.firstIndex(of: 0)
  }

  /// The columns in the order that they are met.
  var order: [Int] { left.map(\.column) + (own.map { [$0] } ?? []) + right.map(\.column) }

  /// Whether sums are moved.
  var moves: Bool { !left.isEmpty || !right.isEmpty }

  /// Whether sums are moved both ways.
  var areOnBothSides: Bool { !left.isEmpty && !right.isEmpty }

  /// Elements that the window reaches to the left or right of its result, at most.
  func beside(_ window: SpatialWindow) -> Int {
    order.map { abs(offset($0, window)) }.max() ?? 0
  }

  /// How far a column lies from the result.
  func offset(_ column: Int, _ window: SpatialWindow) -> Int {
    column * window.dilations[1] - window.begin[1]
  }
}
