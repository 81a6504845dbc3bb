/// A tensor brought to other extents by picking or mixing elements; `Upsample` is its older form.
package struct Resize: Operator {
  package static let schema = OperatorSchema(
    "Resize", operands: ["X", "roi?", "scales?", "sizes?"],
    attributes: [
      "antialias": .int(0), "axes": nil,
      "coordinate_transformation_mode": .string("half_pixel"), "cubic_coeff_a": .float(-0.75),
      "exclude_outside": .int(0), "extrapolation_value": .float(0),
      "keep_aspect_ratio_policy": .string("stretch"), "mode": .string("nearest"),
      "nearest_mode": .string("round_prefer_floor"),
    ],
    allowed: [
      "coordinate_transformation_mode": .texts([
        "half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric",
        "tf_half_pixel_for_nn", "tf_crop_and_resize",
      ]),
      "mode": .texts(["nearest", "linear", "cubic"]),
    ], aliases: ["Upsample"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var storesOnce: Bool { true }

  /// Gives Upsample and Resize of opset 10 today's operands and their coordinates by name.
  package static func adapt(_ node: inout ForeignNode) throws(DiagnosticMessage) {
    if node.type == "Upsample" || node.opset < 11 { node.adaptUpsample() }
  }

  private var method: ResizeAxis.Method {
    ResizeAxis.Method(
      mode: settings.string("mode"),
      coordinates: settings.string("coordinate_transformation_mode"),
      nearest: settings.string("nearest_mode"),
      cubic: Double(settings.float("cubic_coeff_a")),
      isAntialiased: settings.flag("antialias"),
      excludesOutside: settings.flag("exclude_outside"))
  }

  /// How each axis is made; scales, sizes and regions must be known.
  private func axes(_ context: InferenceContext) throws(DiagnosticMessage) -> [ResizeAxis] {
    let x = try context.computable(0)
    var chosen: [Int] = []
    for axis in settings.ints("axes") ?? Array(x.shape.indices) {
      chosen.append(try normalizedAxis(axis, rank: x.rank))
    }
    let extents = try extents(context, x, chosen)
    var regions: [Double] = []
    if method.coordinates == "tf_crop_and_resize" {
      regions = try context.numbers(1, "the region of interest")
      guard regions.count == 2 * chosen.count else {
        throw DiagnosticMessage(
          "resize-extent", "the region of interest needs \(2 * chosen.count) numbers")
      }
    }
    var result: [ResizeAxis] = []
    for axis in x.shape.indices {
      let place = chosen.firstIndex(of: axis)
      let extent = place.map { extents[$0] } ?? (output: x.shape[axis], scale: 1)
      var region = (from: 0.0, to: 1.0)
      if let place, !regions.isEmpty {
        region = (regions[place], regions[place + chosen.count])
      }
      result.append(
        try ResizeAxis(
          x.shape[axis], to: extent.output, scale: extent.scale, region: region, method))
    }
    return result
  }

  /// The declared extents, where they are not scaled nor kept in proportion.
  package func impliedOperands(_ context: InferenceContext) -> [Int: ImpliedOperand] {
    guard let (count, result) = context.shown(3), let x = context.operands[0],
      result.rank == x.rank,
      settings.string("keep_aspect_ratio_policy") == "stretch",
      let axes = try? distinctAxes(settings.ints("axes") ?? Array(0..<x.rank), rank: x.rank),
      axes.count == count
    else { return [:] }
    return [3: ImpliedOperand(exactly: axes.map { result.shape[$0] })]
  }

  private func extents(
    _ context: InferenceContext, _ x: TensorType, _ axes: [Int]
  ) throws(DiagnosticMessage) -> [(output: Int, scale: Double)] {
    if context.has(2), try context.type(2).count > 0 {
      let scales = try context.numbers(2, "the scales")
      guard scales.count == axes.count, scales.allSatisfy({ $0.isFinite && 0...0x1p24 ~= $0 })
      else {
        throw DiagnosticMessage(
          "resize-extent", "scales \(scales) do not fit the \(axes.count) axes of \(x)")
      }
      return zip(axes, scales).map { axis, scale in
        (Int(clamping: Int64(min(Float(scale) * Float(x.shape[axis]), 0x1p40))), scale)
      }
    }
    let sizes = try context.integers(3, "the sizes")
    let inputs = axes.map { x.shape[$0] }
    guard sizes.count == axes.count, (sizes + inputs).allSatisfy({ 1...(1 << 24) ~= $0 }) else {
      throw DiagnosticMessage("resize-extent", "sizes \(sizes) do not fit \(inputs)")
    }
    let ratios = zip(sizes, inputs).map { Double($0) / Double($1) }
    switch settings.string("keep_aspect_ratio_policy") {
    case "not_larger": return kept(inputs, ratios.min() ?? 1)
    case "not_smaller": return kept(inputs, ratios.max() ?? 1)
    default: return zip(sizes, ratios).map { ($0, $1) }
    }
  }

  private func kept(_ inputs: [Int], _ ratio: Double) -> [(output: Int, scale: Double)] {
    inputs.map { (Int(min(ratio * Double($0) + 0.5, 0x1p40)), ratio) }
  }

  /// The extents that scales or sizes give.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    [TensorType(try context.computable(0).element, try axes(context).map(\.output))]
  }

  /// One pass over the results, by tables of indices and weights where a formula does not do.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, y) = (try builder.operand(0), try builder.result())
    let isWide = x.element == .float64 || !x.element.isFloat && x.element.bits >= 32
    let compute: ElementType = isWide ? .float64 : .float32
    let outside = Expr.constant(Double(settings.float("extrapolation_value")), y.element)
    let mixers = try axes(builder.context).map { ResizeMixer($0, builder, compute) }
    let isPicked = mixers.allSatisfy { $0.isPick }
    builder.loops(y.shape) { index in
      var value: Expr
      if isPicked {
        value = x[zip(mixers, index).map { $0.place($1, .integer(0)) }]
      } else {
        let sum = builder.declare("sum", .constant(0, compute))
        mix(builder, mixers[...], index, [], nil) { place, weight in
          let element = x[place].converted(to: compute)
          builder.accumulate(sum, weight.map { element * $0 } ?? element)
        }
        value = .variable(sum)
        if !y.element.isFloat { value = value.applying(.rint) }
        value = value.converted(to: y.element)
      }
      let tests = zip(mixers, index).compactMap { $0.isOutside($1) }
      if let first = tests.first {
        value = .select(tests.dropFirst().reduce(first) { $0.or($1) }, outside, value)
      }
      builder.store(value, to: y, at: index)
    }
  }

  private func mix(
    _ builder: LoopBuilder, _ mixers: ArraySlice<ResizeMixer>, _ index: [Expr], _ place: [Expr],
    _ weight: Expr?, _ body: (_ place: [Expr], _ weight: Expr?) -> Void
  ) {
    guard let mixer = mixers.first else { return body(place, weight) }
    let own = index[place.count]
    builder.loop("t", mixer.taps) { tap in
      let factor = mixer.weight(own, tap).map { builder.define("w", $0) }
      let product = weight.flatMap { weight in factor.map { weight * $0 } } ?? weight ?? factor
      mix(
        builder, mixers.dropFirst(), index, place + [mixer.place(own, tap)],
        product.map { builder.define("w", $0) }, body)
    }
  }
}
