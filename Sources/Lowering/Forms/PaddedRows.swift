import CoppiceIR

/// A copy of a convolution's operand with its channels side by side and its padding beside each row.
///
/// All results of a row meet all columns of the window, and channels and columns are one run. It is of
/// floats, whose padding is zeros; rows above and below are left to the loops.
struct PaddedRows {
  /// The convolution over the copy: no padding beside rows.
  let geometry: ConvolutionGeometry
  private let source: ConvolutionGeometry
  private let copy: TensorView

  /// Bytes of the copy.
  var bytes: Int { copy.buffer.element.byteCount(copy.count) }

  /// Bytes that are read and written for it.
  var copiedBytes: Int { bytes + copy.buffer.element.byteCount(source.x.count) }

  /// Elements that are written for it; those that do not lie side by side take longer.
  var written: Double {
    let x = source.x
    return Double(copy.count / copy.shape[0] * x.shape[0] * (x.strides[1] == 1 ? 1 : 12))
  }

  /// Whether the loops gain anything: columns that reach into the padding, or channels that lie apart.
  static func serves(_ g: ConvolutionGeometry) -> Bool {
    guard g.group == 1, g.arithmetic.isFloat, g.window.kernel[1] > 1 else { return false }
    return g.inner != 0..<g.outWidth || g.x.strides[1] != 1
  }

  /// Plans the copy.
  init(_ g: ConvolutionGeometry) {
    let shape = Self.shape(g)
    let count = shape.reduce(1, *)
    self.init(g, Buffer(id: -1, element: g.x.element, count: count))
  }

  /// Reserves memory for the copy.
  init(_ g: ConvolutionGeometry, _ builder: LoopBuilder) {
    self.init(g, builder.scratch(g.x.element, Self.shape(g), "rows").buffer)
  }

  private init(_ g: ConvolutionGeometry, _ buffer: Buffer) {
    let shape = Self.shape(g)
    let (channels, width) = (shape[1], shape[3])
    let strides = [0, 1, width * channels, channels]
    source = g
    copy = TensorView(buffer, shape, strides: strides)
    var geometry = g
    geometry.x = TensorView(
      buffer, [g.x.shape[0]] + shape.dropFirst(), strides: strides)
    (geometry.width, geometry.strideH, geometry.strideW) = (width, strides[2], strides[3])
    geometry.window.begin[1] = 0
    geometry.window.end[1] = 0
    self.geometry = geometry
  }

  /// One image, with the columns that windows meet.
  private static func shape(_ g: ConvolutionGeometry) -> [Int] {
    let width = (g.outWidth - 1) * g.window.strides[1] + g.window.reach(1)
    return [1, g.x.shape[1], g.height, width]
  }

  /// The columns of the copy that hold elements of the operand.
  private var inside: Range<Int> {
    let first = source.window.begin[1]
    return first..<max(first, min(copy.shape[3], first + source.width))
  }

  /// Zeros what lies beside the rows.
  func clear(_ builder: LoopBuilder) {
    for columns in [0..<inside.lowerBound, inside.upperBound..<copy.shape[3]] {
      var shape = copy.shape
      shape[3] = columns.count
      builder.fill(
        copy.part([0, 0, 0, columns.lowerBound], shape), with: .constant(0, copy.element))
    }
  }

  /// Copies an image.
  func fill(_ n: Expr, _ builder: LoopBuilder) {
    var shape = copy.shape
    shape[3] = inside.count
    let target = copy.part([0, 0, 0, inside.lowerBound], shape)
    let image = builder.define("image", n * source.x.strides[0])
    let (x, strides) = (source.x, [0, source.x.strides[1], source.strideH, source.strideW])
    let view = TensorView(x.buffer, shape, strides: strides, offset: x.offset)
    builder.forEachElement([target, view]) { offsets in
      let value = Expr.load(x.buffer, image + offsets[1], lanes: 1)
      builder.emit(.store(target.buffer, offsets[0], value))
    }
  }
}
