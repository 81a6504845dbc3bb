import CoppiceIR

/// A row of a product's activations as halves: of each four the even ones in a word, then the odd
/// ones; beyond the end zeros.
struct WidenedRow {
  let p: ProductGeometry
  let isSigned: Bool

  /// Two words each.
  var steps: Int { (p.depth + 3) / 4 }
  /// Whether rows are widened where they lie.
  private var isDirect: Bool { p.depth % 4 == 0 && p.x.strides[p.x.rank - 1] == 1 }

  var scratchBytes: Int { steps * 8 + (isDirect ? 0 : steps * 4) }

  /// Numbers that are copied for a row.
  var copies: Double { Double(4 * steps * (isDirect ? 1 : 4)) }

  /// Takes memory for a row.
  func memory(_ builder: LoopBuilder) -> Memory {
    Memory(
      row: self, tile: builder.scratch(.uint32, [2 * steps], "tile").buffer,
      copy: isDirect ? nil : builder.scratch(p.x.element, [4 * steps], "row").buffer)
  }

  /// The memory of a row.
  struct Memory {
    let row: WidenedRow
    /// The halves.
    let tile: Buffer
    let copy: Buffer?

    /// Widens a row.
    func fill(_ index: [Expr], _ builder: LoopBuilder) {
      let (p, steps) = (row.p, row.steps)
      let start = p.x.at(index + [.integer(0)])
      guard let copy else { return widen(p.x.buffer, start, builder) }
      let stride = p.x.strides[p.x.rank - 1]
      let place = builder.define("x0", start)
      builder.loop("k", p.depth) { k in
        let value = Expr.load(p.x.buffer, place + k * stride, lanes: 1)
        builder.emit(.store(copy, k, value))
      }
      for k in p.depth..<(4 * steps) {
        builder.emit(.store(copy, .integer(k), .constant(0, copy.element)))
      }
      widen(copy, .integer(0), builder)
    }

    private func widen(_ source: Buffer, _ start: Expr, _ builder: LoopBuilder) {
      let start = builder.define("x1", start)
      builder.microkernel(
        .windows, [1, row.steps, 0, 0, row.isSigned ? 1 : 0, 0],
        [
          .address(source, start), .address(tile, .integer(0)), .number(.integer(1)),
          .number(.integer(0)),
        ]
      ) {
        builder.loop("k", row.steps) { k in
          let (even, odd) = builder.widened(source, builder.define("x", start + k * 4))
          builder.emit(.store(tile, k * 2, even))
          builder.emit(.store(tile, k * 2 + 1, odd))
        }
      }
    }
  }
}

extension ProductGeometry {
  /// A weight among the numbers of the constant; zero beyond its edges.
  func weight(_ column: Int, _ k: Int, in numbers: [Int8]) -> Int8 {
    guard column < columns, k < depth else { return 0 }
    return numbers[transposed ? column * depth + k : k * columns + column]
  }
}
