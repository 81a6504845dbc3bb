import CoppiceIR

/// How a tile of a convolution over planes reads activations of a column of its window: from where its
/// results lie if sums are moved, else from beside, those of other rows of the image as zeros.
struct PlaneReading {
  /// Elements from a result to its activation.
  let offset: Int
  private let buffer: Buffer
  private let lanes: Int
  private let zero: Expr
  private let builder: LoopBuilder
  private let parts: [Part]

  /// Which lanes of a vector have their activation in the same row.
  private enum Part {
    case all
    case none
    case some([Bool])
    /// Those whose lane of a variable is not zero.
    case stored(Variable)
  }

  /// Looks at a column.
  ///
  /// - Parameters:
  ///   - offset: How far its activations lie from the results in the image.
  ///   - g: The convolution.
  ///   - operand: Its activations.
  ///   - tile: The tile.
  ///   - edges: Says which positions have an activation there, where tiles begin anywhere in a row.
  ///   - builder: Takes the statements.
  init(
    _ offset: Int, _ g: ConvolutionGeometry, _ operand: PlaneOperand, _ tile: PlaneFrame.Tile,
    _ edges: PlaneEdges?, _ builder: LoopBuilder
  ) {
    (buffer, lanes, self.builder) = (operand.view.buffer, tile.lanes, builder)
    zero = g.arithmetic.zero.splatted(tile.lanes)
    self.offset = tile.aside == .reading ? offset : 0
    guard self.offset != 0 else {
      parts = (0..<tile.count).map { _ in .all }
      return
    }
    if let column = tile.column(g.width) {
      parts = (0..<tile.count).map { part in
        let isMet = (0..<tile.lanes).map {
          0..<g.width ~= (column + part * tile.lanes + $0) % g.width + offset
        }
        return !isMet.contains(false) ? .all : isMet.contains(true) ? .some(isMet) : .none
      }
    } else {
      parts = (0..<tile.count).map { part in
        let vector = edges?.vector(offset, tile, part, builder)
        return vector.map { .stored(builder.declare("m", $0)) } ?? .all
      }
    }
  }

  /// The activations of a vector of results; `nil` if all are zeros.
  ///
  /// - Parameters:
  ///   - x: Where the first of the tile lies.
  ///   - part: The vector.
  /// - Returns: An expression of as many lanes.
  func value(_ x: Expr, _ part: Int) -> Expr? {
    let load = Expr.load(buffer, x + part * lanes, lanes: lanes)
    switch parts[part] {
    case .all: return load
    case .none: return nil
    case .some(let isMet):
      let order = isMet.enumerated().map { lane, isMet in isMet ? lane : lanes + lane }
      return .shuffle(builder.define("xs", load), zero, order)
    case .stored(let mask):
      let isMet = Expr.variable(mask).compared(.gt, Expr.constant(0, .int32).splatted(lanes))
      return .select(isMet, load, zero)
    }
  }
}

/// For columns of a window beside a result's own, 1 for each position of a row that has an activation
/// there, as often as vectors of tiles read on behind a row's end.
struct PlaneEdges {
  private let width: Int
  private let offsets: [Int]
  private let length: Int
  private var buffer: Buffer?

  /// Looks at a window; `nil` if it has no such columns.
  ///
  /// - Parameters:
  ///   - g: The convolution.
  ///   - columns: Of its window.
  ///   - reach: Positions of a tile, at most.
  init?(_ g: ConvolutionGeometry, _ columns: WindowColumns, reach: Int) {
    (width, length) = (g.width, g.width + reach)
    offsets = columns.order.map { columns.offset($0, g.window) }.filter { $0 != 0 }
    if offsets.isEmpty { return nil }
  }

  /// Bytes of the table.
  var bytes: Int { offsets.count * length }

  /// The same, stored.
  func placed(_ g: ConvolutionGeometry, _ builder: LoopBuilder) -> PlaneEdges {
    let elements = offsets.flatMap { offset in
      (0..<length).map { UInt8(0..<width ~= $0 % width + offset ? 1 : 0) }
    }
    var result = self
    result.buffer = builder.addConstant(Bytes(elements), .uint8, bytes, "edges", g.operand)
    return result
  }

  /// Those of a vector of a tile; `nil` if they are not stored.
  func vector(
    _ offset: Int, _ tile: PlaneFrame.Tile, _ part: Int, _ builder: LoopBuilder
  ) -> Expr? {
    guard let buffer else { return nil }
    let row = (offsets.firstIndex(of: offset) ?? 0) * length
    let column = builder.define("column", combine(.rem, tile.place, .integer(width)))
    let bytes = Expr.load(buffer, column + (row + part * tile.lanes), lanes: tile.lanes)
    return bytes.converted(to: .element(.int32))
  }
}
