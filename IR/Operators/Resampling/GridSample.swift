/// A tensor read at places that a grid gives, between elements by nearest, linear or cubic rule.
package struct GridSample: Operator {
  package static let schema = OperatorSchema(
    "GridSample", since: 16, operands: ["X", "grid"],
    attributes: [
      "align_corners": .int(0), "mode": .string("linear"), "padding_mode": .string("zeros"),
    ],
    allowed: ["mode": .texts(["nearest", "linear", "cubic"])])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var storesOnce: Bool { true }
  /// 1e-4: places are rounded in other orders.
  package var tolerance: Double { 1e-4 }

  /// Renames the modes of opset 16.
  package static func adapt(_ node: inout ForeignNode) throws(DiagnosticMessage) {
    switch (node.attributes.string("mode") ?? "") {
    case "bilinear": node.attributes["mode"] = .string("linear")
    case "bicubic": node.attributes["mode"] = .string("cubic")
    default: break
    }
  }

  private var mode: String { settings.string("mode") }
  private var padding: String { settings.string("padding_mode") }

  /// Checks ranks, batch and modes.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let (x, grid) = (try context.real(0), try context.real(1))
    guard x.rank >= 3, grid.rank == x.rank, grid.shape[0] == x.shape[0],
      grid.shape.last == x.rank - 2, !x.shape.contains(0)
    else {
      throw DiagnosticMessage(
        "grid-shape", "the grid must have the batch of X and one number for each spatial axis",
        notes: ["X is \(x)", "grid is \(grid)"])
    }
    return [TensorType(x.element, Array(x.shape[..<2]) + grid.shape[1..<(grid.rank - 1)])]
  }

  /// For each place of the grid, all channels.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, grid, y) = (try builder.operand(0), try builder.operand(1), try builder.result())
    let spatial = x.rank - 2
    builder.loops([y.shape[0]] + y.shape[2...]) { part in
      let places = (0..<spatial).map { axis in
        let number = grid[part + [.integer(spatial - 1 - axis)]].converted(to: x.element)
        return place(number, x.shape[axis + 2], builder)
      }
      builder.loop("c", y.shape[1]) { channel in
        let sum = builder.declare("sum", .constant(0, y.element))
        mix(builder, x, places[...], [part[0], channel], nil, sum)
        builder.store(.variable(sum), to: y, at: [part[0], channel] + part[1...])
      }
    }
  }

  /// The place along an axis, counted in elements, with the padding rule applied.
  private func place(_ number: Expr, _ extent: Int, _ builder: LoopBuilder) -> Expr {
    let element = number.element
    let constant = { (value: Double) in Expr.constant(value, element) }
    let (size, isAligned) = (Double(extent), settings.flag("align_corners"))
    let unit = number + constant(1)
    var value =
      isAligned
      ? unit / constant(2) * constant(size - 1)
      : (unit * constant(size) - constant(1)) / constant(2)
    if mode == "nearest" { value = value.applying(.rint) }
    let limit = constant(0x1p30)
    value = builder.define("p", value.minimum(limit).maximum(constant(-0x1p30)))
    switch padding {
    // Of a cubic window each element is brought inside by itself.
    case "border" where mode != "cubic":
      value = value.minimum(constant(size - 1)).maximum(constant(0))
    case "reflection": value = reflected(value, extent, builder)
    default: break
    }
    return builder.define("p", value)
  }

  /// Mirrors a place at the borders until it lies inside.
  private func reflected(_ value: Expr, _ extent: Int, _ builder: LoopBuilder) -> Expr {
    let isAligned = settings.flag("align_corners")
    let element = value.element
    let low = Expr.constant(isAligned ? 0 : -0.5, element)
    let span = Expr.constant(isAligned ? Double(extent - 1) : Double(extent), element)
    if isAligned, extent == 1 { return .constant(0, element) }
    let distance = builder.define("d", .unary(.abs, value - low))
    let turns = builder.define("turns", (distance / span).applying(.floor))
    let rest = builder.define("rest", distance - turns * span)
    let half = turns / .constant(2, element)
    let isEven = half.applying(.floor).compared(.eq, half)
    return .select(isEven, low + rest, low + span - rest)
  }

  private func mix(
    _ builder: LoopBuilder, _ x: TensorView, _ places: ArraySlice<Expr>, _ index: [Expr],
    _ weight: Expr?, _ sum: Variable
  ) {
    guard let place = places.first else {
      return builder.accumulate(sum, weight.map { x[index] * $0 } ?? x[index])
    }
    let extent = x.shape[index.count]
    let floor = builder.define("f", place.applying(.floor))
    let whole = builder.define("n", floor.converted(to: .index))
    let fraction = builder.define("r", place - floor)
    for (offset, factor) in weights(fraction) {
      var own = whole + offset
      var isInside: Expr?
      if padding == "zeros" {
        let low = own.compared(.ge, .integer(0))
        isInside = low.and(own.compared(.lt, .integer(extent)))
      } else if padding == "reflection" {
        own = mirrored(own, extent, builder)
      }
      if padding != "zeros" { own = own.maximum(.integer(0)).minimum(.integer(extent - 1)) }
      let product = weight.flatMap { weight in factor.map { weight * $0 } } ?? weight ?? factor
      let visit = {
        mix(
          builder, x, places.dropFirst(), index + [builder.define("n", own)],
          product.map { builder.define("w", $0) }, sum)
      }
      if let isInside { builder.when(isInside) { visit() } } else { visit() }
    }
  }

  /// Mirrors an index that may lie outside.
  private func mirrored(_ index: Expr, _ extent: Int, _ builder: LoopBuilder) -> Expr {
    let number = builder.define("m", index.converted(to: .float32))
    return reflected(number, extent, builder).converted(to: .index)
  }

  /// The elements around a place and their weights.
  private func weights(_ ratio: Expr) -> [(offset: Int, factor: Expr?)] {
    let one = Expr.constant(1, ratio.element)
    switch mode {
    case "nearest": return [(0, nil)]
    case "linear": return [(0, one - ratio), (1, ratio)]
    default:
      return [
        (-1, outer(ratio + one)), (0, inner(ratio)), (1, inner(one - ratio)),
        (2, outer(Expr.constant(2, ratio.element) - ratio)),
      ]
    }
  }

  /// The cubic kernel below 1, with its parameter at -0.75.
  private func inner(_ x: Expr) -> Expr {
    let cubic = Expr.constant(1.25, x.element) * x - .constant(2.25, x.element)
    return cubic * x * x + .constant(1, x.element)
  }

  /// The cubic kernel from 1 to 2.
  private func outer(_ x: Expr) -> Expr {
    let (five, eight) = (Expr.constant(5, x.element), Expr.constant(8, x.element))
    let polynomial = ((x - five) * x + eight) * x - .constant(4, x.element)
    return .constant(-0.75, x.element) * polynomial
  }
}
