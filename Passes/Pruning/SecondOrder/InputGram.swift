import CoppiceIR

/// The sums of products of the columns that each group of a weight meets: X^T X, by slots.
struct InputGram {
  /// One matrix for each group; only what is not right of the diagonal counts.
  let matrices: [SlotMatrix]
  /// Rows of X so far, of each group.
  private(set) var rows = 0
  private let order: ColumnOrder
  private let panel: Scratch<Lanes>
  private static let depth = 256

  init(groups: Int, _ order: ColumnOrder) {
    self.order = order
    matrices = (0..<groups).map { _ in SlotMatrix(order.slots.count) }
    panel = Scratch(Self.depth * ((order.slots.count + 3) / 4), repeating: Lanes())
  }

  /// Adds what a sample's input holds.
  ///
  /// - Complexity: O(positions * columns²).
  mutating func add(_ x: [Double], _ input: LayerInput) {
    x.withUnsafeBufferPointer { x in
      for (group, matrix) in matrices.enumerated() {
        for start in stride(from: 0, to: input.positions, by: Self.depth) {
          let part = start..<min(start + Self.depth, input.positions)
          gather(x, input, group, part, blocks: matrix.stride / 4)
          accumulate(matrix, part.count)
        }
      }
    }
    rows += input.positions
  }

  /// Four slots side by side, position after position.
  private func gather(
    _ x: UnsafeBufferPointer<Double>, _ input: LayerInput, _ group: Int, _ part: Range<Int>,
    blocks: Int
  ) {
    nonisolated(unsafe) let panel = UnsafeMutableRawPointer(panel.elements)
      .assumingMemoryBound(to: Double.self)
    nonisolated(unsafe) let x = x
    inParallel(blocks, work: blocks * 4 * part.count) { block in
      for lane in 0..<4 {
        let target = panel + block * part.count * 4 + lane
        guard block * 4 + lane < order.slots.count else {
          for row in 0..<part.count { target[row * 4] = 0 }
          continue
        }
        let (channel, tap) = order.slots[block * 4 + lane]
        input.forEachPlace(group, channel, tap, part) { row, place in
          target[(row - part.lowerBound) * 4] = place < 0 ? 0 : x[place]
        }
      }
    }
  }

  private func accumulate(_ matrix: SlotMatrix, _ depth: Int) {
    let blocks = matrix.stride / 4
    let panel = panel
    inParallel(blocks, work: matrix.stride * matrix.stride / 2 * depth) { index in
      let row = blocks - 1 - index
      for column in 0...row {
        accumulateTile(
          matrix.row(row * 4) + column * 4, stride: matrix.stride,
          rows: panel.elements + row * depth, columns: panel.elements + column * depth,
          count: depth, sign: 1)
      }
    }
  }

  /// The Hessians of the squared error of a layer's results, 2 X^T X, with a part of the mean of
  /// each diagonal added to the diagonal.
  ///
  /// - Returns: Whether some input was not zero.
  func damp(_ part: Double) -> Bool {
    var isAlive = false
    for matrix in matrices {
      for row in 0..<matrix.count {
        for column in 0...row { matrix[row, column] *= 2 }
      }
      let sum = (0..<matrix.count).reduce(0) { $0 + matrix[$1, $1] }
      if sum > 0 { isAlive = true }
      let added = sum > 0 ? part * sum / Double(matrix.count) : 1
      for row in 0..<matrix.count { matrix[row, row] += added }
    }
    return isAlive
  }
}
