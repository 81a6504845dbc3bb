import CoppiceIR

/// Rows of activations side by side in memory, each times the same sparse matrix: a product, or a 1x1
/// convolution whose channels come last.
struct WindowRows {
  let x: Buffer
  let y: TensorView
  /// The axis of the results that the matrix's rows go along.
  let laneAxis: Int
  let weight: Constant
  let operand: Int
  let rowAxis: Int
  let arithmetic: Arithmetic
  /// Activations of a row.
  let depth: Int
  /// Results of a row.
  let columns: Int
  /// Loops around the rows.
  let outer: [Int]
  /// Rows that lie one step apart.
  let count: Int
  let step: Int
  /// Where the first of them begins.
  let start: (_ outer: [Expr]) -> Expr
  /// The index of a result.
  let index: (_ outer: [Expr], _ row: Expr, _ column: Expr) -> [Expr]

  /// Sees a site as rows; `nil` where they do not lie so.
  init?(_ site: Site) {
    if let p = site.product {
      self.init(p)
    } else if let g = site.convolution {
      self.init(g)
    } else {
      return nil
    }
    guard site.tailIsVectorizable(along: laneAxis), y.strides[laneAxis] == 1 else { return nil }
  }

  private init?(_ p: ProductGeometry) {
    guard p.storesVectors, p.x.strides[p.x.rank - 1] == 1 else { return nil }
    (x, y, laneAxis) = (p.x.buffer, p.y, p.y.rank - 1)
    (weight, operand, rowAxis) = (p.weight, p.operand, p.transposed ? 0 : 1)
    (arithmetic, depth, columns) = (p.arithmetic, p.depth, p.columns)
    (outer, count) = (Array(p.y.shape.dropLast(2)), p.rows)
    step = p.x.strides[p.x.rank - 2]
    start = { p.x.at($0 + [.integer(0), .integer(0)]) }
    index = { outer, row, column in outer + [row, column] }
  }

  private init?(_ g: ConvolutionGeometry) {
    guard g.group == 1, g.window.kernel == [1, 1], g.window.begin == [0, 0],
      g.innerRows == g.outRows, g.inner == 0..<g.outWidth, g.x.strides[1] == 1
    else { return nil }
    (x, y, laneAxis) = (g.x.buffer, g.y, 1)
    (weight, operand, rowAxis) = (g.weight, g.operand, 0)
    (arithmetic, depth, columns) = (g.arithmetic, g.x.shape[1], g.y.shape[1])
    (outer, count) = ([g.y.shape[0], g.outHeight], g.outWidth)
    step = g.window.strides[1] * g.strideW
    start = { outer in
      g.x.at([outer[0], .integer(0), .integer(0), .integer(0)])
        + outer[1] * (g.window.strides[0] * g.strideH)
    }
    index = { outer, row, column in [outer[0], column, outer[1], row] }
  }

  /// What the sums of some columns start from.
  func first(_ column: Expr, _ lanes: Int) -> Expr {
    guard let start = arithmetic.start, start.strides[0] != 0, lanes > 1 else {
      return arithmetic.start(column).splatted(lanes)
    }
    return .load(start.buffer, start.at([column]), lanes: lanes)
  }
}
