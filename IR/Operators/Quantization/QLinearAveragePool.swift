/// The mean of each window of a quantized tensor, requantized.
///
/// `onnx` sums the real numbers as float32 in order, then divides by their count and by the scale
/// of the result, as the graph of DequantizeLinear, AveragePool and QuantizeLinear does: where means
/// are ties, the noise of the float sum decides. `fast` sums the integers.
package struct QLinearAveragePool: QuantizedPooling {
  package static let schema = declared(
    "QLinearAveragePool",
    attributes: [
      "auto_pad": .string("NOTSET"), "ceil_mode": .int(0), "channels_last": .int(0),
      "count_include_pad": .int(0), "dilations": nil, "hi": nil, "kernel_shape": nil, "lo": nil,
      "pads": nil, "requantize": .string("onnx"), "strides": nil,
    ])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Resolves the windows.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let grids = try grids(context)
    let x = try context.type(0)
    let shape = channelsFirst(x.shape)
    let window = try SpatialWindow(pooling: settings, TensorType(x.element, shape))
    let requantization = try Requantization(settings, x.element)
    let counts = product(window.kernel).value
    guard requantization.form == .onnx || fits(counts, grids) else {
      throw DiagnosticMessage(
        "quantization-scale", "requantize = \"fast\" cannot sum \(counts) numbers of this scale")
    }
    return [TensorType(x.element, asInFile(Array(shape[..<2]) + window.output))]
  }

  private func fits(_ count: Int, _ grids: (x: QuantizedGrid, y: QuantizedGrid)) -> Bool {
    count <= 4096
      && QuantizedMean(x: grids.x, y: grids.y).scales(Array(1...max(count, 1))) != nil
  }

  /// One pass over the windows.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let grids = try grids(builder.context)
    let requantization = try Requantization(settings, grids.y.element)
    let (x, y) = (channelsFirst(try builder.operand(0)), channelsFirst(try builder.result()))
    let window = try SpatialWindow(pooling: settings, TensorType(x.element, x.shape))
    let isFast = requantization.form == .fast
    let loops = Loops(
      builder: builder, x: x, y: y, window: window, from: grids.x, to: grids.y,
      requantization: requantization, isPadded: settings.flag("count_include_pad"))
    if isFast { loops.integers() } else { loops.reals() }
  }
}

/// The loops of either form.
private struct Loops {
  let builder: LoopBuilder
  let x: TensorView
  let y: TensorView
  let window: SpatialWindow
  let from: QuantizedGrid
  let to: QuantizedGrid
  let requantization: Requantization
  let isPadded: Bool

  private var whole: Int { window.kernel.reduce(1, *) }

  private func forEachWindow(
    start: ElementType, _ term: (_ element: Expr) -> Expr,
    _ finish: (_ sum: Expr, _ count: Expr?) -> Expr
  ) {
    let input = Array(x.shape[2...])
    builder.loops(y.shape) { index in
      let sum = builder.declare("sum", .constant(0, start))
      let inside = window.forEachTap(builder, index, input) {
        builder.accumulate(sum, term(x[$0]))
      }
      let count = isPadded ? window.paddedCount(index, input) : inside
      let value = finish(.variable(sum), count.map { $0.maximum(.integer(1)) })
      builder.store(value, to: y, at: index)
    }
  }

  func reals() {
    let table = builder.table(from.realTable, "real")
    let (zero, scale) = (Double(to.zeroPoint), Double(to.scale))
    forEachWindow(start: .float32) {
      table.element(forByte: $0)
    } _: { sum, count in
      let divisor = count?.converted(to: .float32) ?? .constant(Double(whole), .float32)
      let mean = sum / divisor / .constant(scale, .float32)
      return requantization.rounded(mean, .constant(zero, .int32), to.element)
    }
  }

  func integers() {
    let mean = QuantizedMean(x: from, y: to)
    let zero = Expr.constant(Double(to.zeroPoint), .int32)
    let one = mean.scales([whole])?.first
    let each = mean.scales(Array(1...whole)) ?? []
    var table: TensorView?
    forEachWindow(start: .int32) { element in
      element.converted(to: .int32) - .constant(Double(from.zeroPoint), .int32)
    } _: { sum, count in
      var (multiplier, shift) = (Expr.constant(Double(one?.multiplier ?? 0), .int32), one?.shift)
      if let count {
        let numbers = [Int32(0)] + each.map(\.multiplier)
        let view =
          table ?? builder.table(Constant(numbers, .int32, [numbers.count]), "multiplier")
        table = view
        (multiplier, shift) = (view[[count]], each.first?.shift)
      }
      return requantization.expression(
        sum, factor: nil, multiplier: multiplier, shift: shift ?? 0, zero: zero, to.element)
    }
  }
}
