import CoppiceIR

extension PlaneOperand {
  /// Copies an image, in vectors where elements of a plane lie a few steps apart.
  func fill(_ n: Expr, lanes: Int, _ builder: LoopBuilder) {
    guard isCopy else { return }
    if lanes > 1, let period { return turn(n, period, lanes: lanes, builder) }
    let planes = source.phases?.count ?? 1
    let channels = source.x.shape[1] / planes
    let size = size(channels)
    builder.loop("c", to: .integer(channels), step: size) { channel in
      for part in source.parts {
        builder.loop("iy", part.rows) { row in
          let from = source.x.at([n, channel, .integer(0), .integer(0)]) + part.from(row, source)
          let to = at(n, channel * planes + part.number) + row * source.width
          let (first, start) = (builder.define("from", from), builder.define("to", to))
          builder.loop("j", part.columns) { column in
            let place = first + column * (part.stepW * source.strideW)
            for inner in 0..<size {
              let value = Expr.load(
                source.x.buffer, place + inner * source.x.strides[1], lanes: 1)
              builder.emit(.store(view.buffer, start + column + inner * planes * step, value))
            }
          }
        }
      }
    }
  }

  /// How far elements of a plane lie apart in a row in which those of other planes fill all the
  /// space between them; `nil` where they do not, or where vectors of such rows would be many.
  var period: Int? {
    let g = source
    let parts = g.parts
    let planes = g.phases?.count ?? 1
    let period = g.strideW * parts[0].stepW
    let isFull = g.strideW == 1 || g.x.strides[1] == 1 && g.x.shape[1] / planes == g.strideW
    let columns = g.phases?.columns
    let hasAll = columns.map { $0.phases == Array(0..<$0.stride) } ?? true
    let isEven = parts.allSatisfy { $0.columns == parts[0].columns }
    let isKnown = g.x.buffer.element == .float32 && view.element == .float32
    return 2...8 ~= period && isFull && hasAll && isEven && isKnown ? period : nil
  }

  /// Takes rows apart by vectors: `period` of them hold a vector of each plane.
  private func turn(_ n: Expr, _ period: Int, lanes: Int, _ builder: LoopBuilder) {
    let planes = source.phases?.count ?? 1
    let together = source.strideW
    let parts = source.parts
    builder.loop("c", to: .integer(source.x.shape[1] / planes), step: together) { channel in
      for row in stride(from: 0, to: parts.count, by: period / together) {
        let first = parts[row]
        builder.loop("iy", first.rows) { line in
          let from = source.x.at([n, channel, .integer(0), .integer(0)]) + first.from(line, source)
          let start = builder.define("from", from)
          let to = (0..<period).map { stream -> Expr in
            let plane =
              (channel + stream % together) * planes + parts[row + stream / together].number
            return builder.define("to", at(n, plane) + line * source.width)
          }
          turnRow(start, to, first.columns, lanes, builder)
        }
      }
    }
  }

  private func turnRow(
    _ from: Expr, _ to: [Expr], _ columns: Int, _ lanes: Int, _ builder: LoopBuilder
  ) {
    func piece(_ column: Expr, _ lanes: Int) {
      let place = builder.define("at", from + column * to.count)
      let vectors = to.indices.map {
        builder.define("v", .load(source.x.buffer, place + $0 * lanes, lanes: lanes))
      }
      for (number, start) in to.enumerated() {
        let value = Self.every(to.count, from: number, of: vectors, lanes)
        builder.emit(.store(view.buffer, start + column, value))
      }
    }
    let whole = columns / lanes * lanes
    builder.loop("j", to: .integer(whole), step: lanes) { piece($0, lanes) }
    for rest in pieces(columns - whole, lanes) { piece(.integer(whole + rest.start), rest.lanes) }
  }

  /// The pieces that a row is taken apart in: vectors as long as there are elements for them, and
  /// single elements for less than four.
  func pieces(_ columns: Int, _ lanes: Int) -> [(start: Int, lanes: Int)] {
    var (pieces, done, lanes) = ([(start: Int, lanes: Int)](), 0, lanes)
    while done < columns {
      while lanes > columns - done { lanes /= 2 }
      pieces.append((done, lanes < 4 ? 1 : lanes))
      done += lanes < 4 ? 1 : lanes
    }
    return pieces
  }

  /// Every so manyth lane of some vectors side by side.
  private static func every(
    _ period: Int, from first: Int, of vectors: [Expr], _ lanes: Int
  ) -> Expr {
    if lanes == 1 { return vectors[first] }
    return (1..<vectors.count).reduce(vectors[0]) { taken, number in
      let order = (0..<lanes).map { lane -> Int in
        let (vector, place) = (first + lane * period).quotientAndRemainder(dividingBy: lanes)
        return vector == number ? lanes + place : number == 1 && vector == 0 ? place : lane
      }
      return order == Array(0..<lanes) ? taken : .shuffle(taken, vectors[number], order)
    }
  }
}

/// What one plane of a channel is copied from.
struct PlanePart {
  /// The plane.
  var number = 0
  var rows: Int
  var columns: Int
  /// The first row and column of the operand, and how far the next ones lie apart.
  var first = (row: 0, column: 0)
  var stepH = 1
  var stepW = 1

  func from(_ row: Expr, _ g: ConvolutionGeometry) -> Expr {
    row * (stepH * g.strideH) + (first.row * g.strideH + first.column * g.strideW)
  }
}

extension ConvolutionGeometry {
  /// The planes of a channel.
  var parts: [PlanePart] {
    guard let phases else {
      if strideH == width * strideW { return [PlanePart(rows: 1, columns: height * width)] }
      return [PlanePart(rows: height, columns: width)]
    }
    return phases.rows.phases.enumerated().flatMap { down, row in
      phases.columns.phases.enumerated().map { across, column in
        PlanePart(
          number: down * phases.columns.phases.count + across, rows: phases.rows.count(row),
          columns: phases.columns.count(column), first: (row, column),
          stepH: phases.rows.stride, stepW: phases.columns.stride)
      }
    }
  }
}
