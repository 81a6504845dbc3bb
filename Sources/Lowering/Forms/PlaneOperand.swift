import CoppiceIR

/// A convolution's operand as planes that begin on whole vectors, their rows side by side, with zeros
/// above and below each plane where windows reach beyond it.
///
/// It is read where it lies if it lies so; else a copy is made. What the caller hands over may begin
/// between vectors, so that loads would cross lines of the cache: it is copied where it is read often.
struct PlaneOperand {
  /// Where the first element of the first image lies.
  let view: TensorView
  /// Elements from one channel to the next.
  let step: Int
  /// Whether it is a copy, of one image at a time.
  let isCopy: Bool
  let source: ConvolutionGeometry
  private let shape: PlaneShape

  /// Looks at the operand of a convolution in steps of one, and plans a copy if need be.
  ///
  /// - Parameters:
  ///   - g: The convolution.
  ///   - site: Where it stands.
  ///   - target: Says how long vectors are.
  ///   - beside: Elements beside a row that are read, whatever they are.
  init(_ g: ConvolutionGeometry, _ site: Site, _ target: Target, beside: Int) {
    let lanes = target.lanes(of: g.arithmetic.element)
    let results = (g.outHeight * g.outWidth + lanes - 1) / lanes * lanes
    let margin = (above: Self.above(g), below: Self.below(g))
    let end = results + (g.window.reach(0) - 1) * g.width - margin.above
    self.init(g, site, target, margin: margin, beside: beside, end: end)
  }

  /// Looks at the operand, and plans a copy if need be.
  ///
  /// - Parameters:
  ///   - g: The convolution.
  ///   - site: Where it stands.
  ///   - target: Says how long vectors are.
  ///   - margin: Elements above and below each plane that must be zeros.
  ///   - beside: Elements before and behind those that are read, whatever they are.
  ///   - end: Elements from the begin of a plane to the end of the last vector that is met.
  init(
    _ g: ConvolutionGeometry, _ site: Site, _ target: Target, margin: (above: Int, below: Int),
    beside: Int = 0, end: Int
  ) {
    let shape = PlaneShape(
      elements: g.height * g.width, above: margin.above, below: margin.below, beside: beside,
      lanes: target.lanes(of: g.arithmetic.element))
    if let step = Self.step(g, site, shape, end: end) {
      self.init(g, shape, g.x, step: step, isCopy: false)
    } else {
      let last = shape.start + (g.x.shape[1] - 1) * shape.step + end + beside
      let count = max(shape.count(channels: g.x.shape[1], images: 1), last)
      let buffer = Buffer(id: -1, element: g.x.element, count: count)
      self.init(
        g, shape, TensorView(buffer, [count], offset: shape.start), step: shape.step, isCopy: true)
    }
  }

  private init(
    _ g: ConvolutionGeometry, _ shape: PlaneShape, _ view: TensorView, step: Int, isCopy: Bool
  ) {
    (source, self.shape, self.view, self.step, self.isCopy) = (g, shape, view, step, isCopy)
  }

  /// The same with memory for the copy.
  func placed(_ builder: LoopBuilder) -> PlaneOperand {
    guard isCopy else { return self }
    var memory = builder.scratch(view.element, [view.buffer.count], "planes")
    memory.offset = view.offset
    return PlaneOperand(source, shape, memory, step: step, isCopy: true)
  }

  /// Elements between neighbouring planes of the operand, if it can be read where it lies.
  private static func step(
    _ g: ConvolutionGeometry, _ site: Site, _ shape: PlaneShape, end: Int
  ) -> Int? {
    let x = g.x
    let zeros = site.zerosAroundPlanes
    let reads = g.y.shape[1] / g.group * g.window.kernel.reduce(1, *)
    if site.readsCaller, reads >= 64 { return nil }
    guard g.phases == nil, g.strideW == 1, g.strideH == g.width || g.height == 1,
      x.strides[1] % shape.lanes == 0,
      x.offset % shape.lanes == 0, zeros.above >= shape.above, zeros.below >= shape.below,
      x.strides[1] >= shape.padded, x.shape[0] == 1 || x.strides[0] % shape.lanes == 0,
      x.offset >= shape.above + shape.beside,
      x.offset + (x.shape[0] - 1) * x.strides[0] + (x.shape[1] - 1) * x.strides[1]
        + max(end + shape.beside, shape.padded) <= x.buffer.count
    else { return nil }
    return x.strides[1]
  }

  /// Zeros that windows need above a plane.
  static func above(_ g: ConvolutionGeometry) -> Int { g.window.begin[0] * g.width }

  /// Zeros that windows need below a plane.
  static func below(_ g: ConvolutionGeometry) -> Int {
    let last = (g.outHeight - 1) * g.window.strides[0] + g.window.reach(0) - 1 - g.window.begin[0]
    return max(0, last - (g.height - 1)) * g.width
  }

  /// Bytes of the copy.
  var bytes: Int { isCopy ? view.element.byteCount(view.buffer.count) : 0 }

  /// Elements that are written for the copy one by one or in runs; those that do not lie side by side
  /// take longer.
  var written: Double {
    guard isCopy else { return 0 }
    let around = view.buffer.count - source.x.count / source.x.shape[0]
    let isApart = (source.phases?.columns.stride ?? 1) > 1
    let factor = period != nil ? 0 : source.strideW > 1 ? 6 : isApart ? 2 : 1
    return Double(around) + Double(source.x.count * factor)
  }

  /// Bytes that are read and written for the copy.
  var copiedBytes: Int { isCopy ? bytes + view.element.byteCount(source.x.count) : 0 }

  /// Rows that are copied for each image, or pieces of those that are taken apart by vectors.
  var rows: Double {
    guard isCopy else { return 0 }
    let channels = source.x.shape[1] / (source.phases?.count ?? 1)
    let parts = source.parts
    let rows = parts.reduce(0) { $0 + $1.rows }
    guard let period else { return Double(channels / size(channels) * rows) }
    let (whole, rest) = parts[0].columns.quotientAndRemainder(dividingBy: shape.lanes)
    return Double(channels * rows / period * (whole + pieces(rest, shape.lanes).count))
  }

  /// Channels that are copied together: those that lie side by side.
  func size(_ channels: Int) -> Int {
    let sizes = source.strideW > 1 && source.x.strides[1] == 1 ? [16, 8, 4, 2, 1] : [1]
    return sizes.first { channels % $0 == 0 } ?? 1
  }

  /// Where a channel's plane begins.
  func at(_ n: Expr, _ channel: Expr) -> Expr {
    isCopy ? channel * step + view.offset : n * view.strides[0] + channel * step + view.offset
  }

  /// Zeros what lies around the planes of the copy.
  func clear(_ builder: LoopBuilder) {
    guard isCopy else { return }
    guard let phases = source.phases, !phases.fill(source.height, source.width) else {
      return shape.clear(view.buffer, channels: source.x.shape[1], images: 1, builder)
    }
    builder.loop("i", view.buffer.count) { index in
      builder.emit(.store(view.buffer, index, .constant(0, view.element)))
    }
  }
}

extension ConvolutionPhases {
  /// Whether every plane has so many rows and columns.
  fileprivate func fill(_ height: Int, _ width: Int) -> Bool {
    rows.phases.allSatisfy { rows.count($0) == height }
      && columns.phases.allSatisfy { columns.count($0) == width }
  }
}

/// How planes lie in memory: each begins on a whole vector, with zeros around where there must be.
struct PlaneShape: Hashable {
  /// Elements of a plane.
  let elements: Int
  /// Zeros above each plane, and below.
  let above: Int
  let below: Int
  /// Elements before all of that and behind that may be read, whatever they are.
  let beside: Int
  let lanes: Int

  private func whole(_ count: Int) -> Int { (count + lanes - 1) / lanes * lanes }

  /// Elements of a plane in whole vectors.
  var padded: Int { whole(elements) }

  /// Where the first plane begins.
  var start: Int { whole(above + beside) }

  /// Elements from one plane to the next: what lies between is above one and below the other.
  ///
  /// Planes a power of two apart would share few places of a cache.
  var step: Int {
    let step = max(padded, whole(elements + max(above, below)))
    return step % (16 * lanes) == 0 ? step + lanes : step
  }

  /// Elements of some images.
  func count(channels: Int, images: Int) -> Int {
    // The last vector of results may reach beyond the last plane, and lower rows of a window further.
    start + channels * images * step + whole(max(0, elements + below + beside + lanes - step))
  }

  /// Zeros what must be zero around all planes.
  func clear(_ buffer: Buffer, channels: Int, images: Int, _ builder: LoopBuilder) {
    guard max(above, below) > 0 else { return }
    let zero = Expr.constant(0, buffer.element)
    builder.loop("i", start) { builder.emit(.store(buffer, $0, zero)) }
    builder.loop("c", channels * images) { plane in
      builder.loop("i", step - elements) { index in
        builder.emit(.store(buffer, plane * step + (start + elements) + index, zero))
      }
    }
  }
}
