/// How the elements of a constant lie in a recorded parameter.
///
/// The constant is cut into blocks. Each block is a row-major run of the constant and a strided
/// view of the parameter.
package struct RecordLayout: Hashable, Sendable {
  struct Block: Hashable, Sendable {
    let start: Int
    let parameterStart: Int
    let extents: [Int]
    let strides: [Int]

    var count: Int { extents.reduce(1, *) }
  }

  /// What reports call the layout.
  package let name: String

  let blocks: [Block]

  /// The run of the constant that the parameter fills.
  package let range: Range<Int>

  init(_ name: String, _ blocks: [Block]) {
    self.name = name
    self.blocks = blocks
    let start = blocks.first?.start ?? 0
    range = start..<start + blocks.reduce(0) { $0 + $1.count }
  }

  /// The same layout further on in the constant.
  package func moved(by offset: Int, name: String) -> RecordLayout {
    RecordLayout(
      name,
      blocks.map {
        Block(
          start: $0.start + offset, parameterStart: $0.parameterStart, extents: $0.extents,
          strides: $0.strides)
      })
  }
}

extension RecordLayout {
  /// Element by element in the same order.
  package static func identity(_ count: Int, name: String = "identity") -> RecordLayout {
    RecordLayout(name, [Block(start: 0, parameterStart: 0, extents: [count], strides: [1])])
  }

  /// Axis `i` of the constant is axis `axes[i]` of the parameter.
  package static func permutation(_ axes: [Int], of shape: [Int]) -> RecordLayout {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() {
      strides[axis] = strides[axis + 1] * shape[axis + 1]
    }
    let name = axes == [1, 0] ? "transposed" : "axes \(axes)"
    let block = Block(
      start: 0, parameterStart: 0, extents: axes.map { shape[$0] },
      strides: axes.map { strides[$0] })
    return RecordLayout(name, [block])
  }

  /// The gates of a recurrent layer, of `rows` by `columns` each, in another order.
  package static func gates(
    _ order: [Int], rows: Int, columns: Int, transposed: Bool, name: String
  ) -> RecordLayout {
    let size = rows * columns
    let width = rows * order.count
    let blocks = order.enumerated().map { place, gate in
      transposed
        ? Block(
          start: place * size, parameterStart: gate * rows, extents: [rows, columns],
          strides: [1, width])
        : Block(start: place * size, parameterStart: gate * size, extents: [size], strides: [1])
    }
    return RecordLayout(name, blocks)
  }

  /// Whether gates stand side by side in the parameter, as Keras keeps them.
  var hasTransposedGates: Bool { blocks.count > 1 && blocks[0].extents.count > 1 }

  /// Calls `body` with runs of the constant and where they begin and how they step in the
  /// parameter, until it returns false.
  ///
  /// - Returns: Whether `body` never returned false.
  func forEachRun(
    _ body: (_ start: Int, _ parameterStart: Int, _ stride: Int, _ count: Int) -> Bool
  ) -> Bool {
    blocks.allSatisfy { $0.forEachRun(body) }
  }

  /// The parameter's own order of flags that stand in the constant's.
  package func inParameter(_ flags: [UInt8]) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: range.count)
    _ = forEachRun { start, from, stride, count in
      for step in 0..<count { result[from + step * stride] = flags[start + step] }
      return true
    }
    return result
  }

  /// The position in the parameter of one element of the constant.
  package func parameterIndex(_ index: Int) -> Int? {
    guard let block = blocks.first(where: { ($0.start..<$0.start + $0.count).contains(index) })
    else { return nil }
    var rest = index - block.start
    var result = block.parameterStart
    for (extent, stride) in zip(block.extents, block.strides).reversed() {
      result += rest % extent * stride
      rest /= extent
    }
    return result
  }
}

extension RecordLayout.Block {
  fileprivate func forEachRun(_ body: (Int, Int, Int, Int) -> Bool) -> Bool {
    guard let count = extents.last, let stride = strides.last, self.count > 0 else { return true }
    var position = [Int](repeating: 0, count: extents.count - 1)
    var (index, offset) = (start, parameterStart)
    while true {
      guard body(index, offset, stride, count) else { return false }
      index += count
      var axis = position.count - 1
      while axis >= 0 {
        position[axis] += 1
        offset += strides[axis]
        if position[axis] < extents[axis] { break }
        offset -= strides[axis] * extents[axis]
        position[axis] = 0
        axis -= 1
      }
      if axis < 0 { return true }
    }
  }
}
