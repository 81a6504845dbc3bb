import CoppiceIR

/// Convolution with sparse weights of any window: each nonzero meets a tile of neighbouring
/// positions.
///
/// Where windows reach into the padding, every tap is tested.
struct SparseConvolution: KernelForm {
  func kernel(
    _ computation: Computation, _ builder: LoopBuilder, _ target: Target
  ) throws(DiagnosticMessage) -> Kernel? {
    guard let g = try ConvolutionGeometry(computation, builder), g.weight.storage.isSparse else {
      return nil
    }
    let rows = SparseTaps(g, builder)
    builder.loop("n", g.y.shape[0]) { n in
      builder.loop("co", g.y.shape[1]) { co in
        let channels = g.weight.type.shape[1]
        let perGroup = g.y.shape[1] / g.group
        let number = g.group == 1 ? Expr.integer(0) : co / .integer(perGroup)
        let image = g.x.at([n, number * channels, .integer(0), .integer(0)])
        let row = SparseRow(g: g, rows: rows, builder: builder, n: n, co: co, image: image)
        let inside = g.innerRows
        builder.loop("oy", to: .integer(inside.lowerBound)) { row.tested($0, 0..<g.outWidth) }
        builder.loop("oy", from: .integer(inside.lowerBound), to: .integer(inside.upperBound)) {
          oy in
          row.tested(oy, 0..<g.inner.lowerBound)
          row.tiles(oy, g.inner)
          row.tested(oy, g.inner.upperBound..<g.outWidth)
        }
        builder.loop("oy", from: .integer(inside.upperBound), to: .integer(g.outHeight)) {
          row.tested($0, 0..<g.outWidth)
        }
      }
    }
    return Kernel(
      title: "sparse_conv", variants: [.init(body: builder.takeStatements())])
  }
}

/// The nonzeros of each filter with the offset of their tap from the window's first element.
struct SparseTaps {
  let starts: Buffer
  let columns: Buffer
  let values: Buffer

  init(_ g: ConvolutionGeometry, _ builder: LoopBuilder) {
    let rows = builder.packedRows(g.weight, 1, 0)
    (starts, columns, values) = (rows.starts, rows.indices, rows.values)
  }

  /// The input channel, row and column of a tap from its column in the weight matrix.
  func place(_ column: Expr, _ g: ConvolutionGeometry) -> (ci: Expr, ky: Expr, kx: Expr) {
    let (kh, kw) = (g.window.kernel[0], g.window.kernel[1])
    let ci = g.weight.type.shape[1] == 1 ? Expr.integer(0) : column / .integer(kh * kw)
    let rest = g.weight.type.shape[1] == 1 ? column : column - ci * (kh * kw)
    let ky = kw == 1 ? rest : rest / .integer(kw)
    let kx = kw == 1 ? Expr.integer(0) : rest - ky * kw
    return (ci, ky, kx)
  }
}

/// The loops for one output channel.
struct SparseRow {
  let g: ConvolutionGeometry
  let rows: SparseTaps
  let builder: LoopBuilder
  let n: Expr
  let co: Expr
  let image: Expr

  private var bias: Expr { g.bias.map { $0[[co]] } ?? .constant(0, .float32) }

  private func eachNonzero(_ body: (_ ci: Expr, _ ky: Expr, _ kx: Expr, _ weight: Expr) -> Void) {
    let from = Expr.load(rows.starts, co, lanes: 1).converted(to: .index)
    let to = Expr.load(rows.starts, co + 1, lanes: 1).converted(to: .index)
    builder.loop("k", from: from, to: to) { k in
      let column = builder.define("c", Expr.load(rows.columns, k, lanes: 1).converted(to: .index))
      let place = rows.place(column, g)
      let ci = builder.define("ci", place.ci)
      let ky = builder.define("ky", place.ky)
      let kx = builder.define("kx", place.kx)
      body(ci, ky, kx, .load(rows.values, k, lanes: 1))
    }
  }

  private func offset(_ ci: Expr, _ ky: Expr, _ kx: Expr) -> Expr {
    let w = g.window
    let rowPart = ky * (w.dilations[0] * g.strideH) + kx * (w.dilations[1] * g.strideW)
    return ci * g.x.strides[1] + rowPart
  }

  /// Positions whose windows lie inside: tiles of up to 16.
  func tiles(_ oy: Expr, _ range: Range<Int>) {
    let full = range.lowerBound + range.count / 16 * 16
    builder.loop("ox", from: .integer(range.lowerBound), to: .integer(full), step: 16) {
      tile(oy, $0, 16)
    }
    if range.upperBound > full { tile(oy, .integer(full), range.upperBound - full) }
  }

  private func tile(_ oy: Expr, _ ox: Expr, _ count: Int) {
    let w = g.window
    let place = (oy * w.strides[0] - w.begin[0]) * g.strideH
    let column = (ox * w.strides[1] - w.begin[1]) * g.strideW
    let start = builder.define("x0", image + place + column)
    let first = builder.define("bias", bias)
    let sums = (0..<count).map { _ in builder.declare("a", first) }
    eachNonzero { ci, ky, kx, weight in
      let x = builder.define("xk", start + offset(ci, ky, kx))
      let value = builder.define("w", weight)
      for (position, sum) in sums.enumerated() {
        let step = position * w.strides[1] * g.strideW
        builder.accumulate(sum, .load(g.x.buffer, x + step, lanes: 1) * value)
      }
    }
    for (position, sum) in sums.enumerated() {
      builder.store(.variable(sum), to: g.y, at: [n, co, oy, ox + position])
    }
  }

  /// Positions whose windows may reach into the padding.
  func tested(_ oy: Expr, _ range: Range<Int>) {
    let w = g.window
    builder.loop("ox", from: .integer(range.lowerBound), to: .integer(range.upperBound)) { ox in
      let sum = builder.declare("a", bias)
      let top = builder.define("y0", oy * w.strides[0] - w.begin[0])
      let left = builder.define("x0", ox * w.strides[1] - w.begin[1])
      eachNonzero { ci, ky, kx, weight in
        let iy = builder.define("iy", top + ky * w.dilations[0])
        let ix = builder.define("ix", left + kx * w.dilations[1])
        let inY = Expr.binary(
          .and, iy.compared(.ge, .integer(0)), iy.compared(.lt, .integer(g.height)))
        let inX = Expr.binary(
          .and, ix.compared(.ge, .integer(0)), ix.compared(.lt, .integer(g.width)))
        builder.when(.binary(.and, inY, inX)) {
          let place = image + ci * g.x.strides[1] + iy * g.strideH + ix * g.strideW
          builder.accumulate(sum, .load(g.x.buffer, place, lanes: 1) * weight)
        }
      }
      builder.store(.variable(sum), to: g.y, at: [n, co, oy, ox])
    }
  }
}
