/// Regions of feature maps brought to one size by sampling between elements.
package struct RoiAlign: Operator {
  package static let schema = OperatorSchema(
    "RoiAlign", since: 10, operands: ["X", "rois", "batch_indices"],
    attributes: [
      "coordinate_transformation_mode": .string("half_pixel"), "mode": .string("avg"),
      "output_height": .int(1), "output_width": .int(1), "sampling_ratio": .int(0),
      "spatial_scale": .float(1),
    ],
    allowed: [
      "coordinate_transformation_mode": .texts(["half_pixel", "output_half_pixel"]),
      "mode": .texts(["avg", "max"]),
    ])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var storesOnce: Bool { true }
  /// 1e-4: places are rounded in other orders.
  package var tolerance: Double { 1e-4 }

  /// Opsets before 16 took coordinates without half a pixel off.
  package static func adapt(_ node: inout ForeignNode) throws(DiagnosticMessage) {
    if node.opset < 16 {
      node.attributes["coordinate_transformation_mode"] = .string("output_half_pixel")
    }
  }

  private var output: [Int] {
    [settings.int("output_height"), settings.int("output_width")]
  }

  /// Checks regions and batch indices.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let (x, rois) = (try context.real(0), try context.real(1))
    let batches = try context.computable(2)
    guard x.rank == 4, !x.shape.contains(0), rois.rank == 2, rois.element == x.element,
      rois.shape[1] == 4,
      batches.shape == [rois.shape[0]], batches.element.isInteger,
      output.allSatisfy({ 1...(1 << 24) ~= $0 }),
      0...1024 ~= settings.int("sampling_ratio")
    else {
      throw DiagnosticMessage(
        "roi-shape", "X must have rank 4, rois be [n, 4] and batch_indices [n]",
        notes: ["X is \(x)", "rois are \(rois)", "batch_indices are \(batches)"])
    }
    return [TensorType(x.element, [rois.shape[0], x.shape[1]] + output)]
  }

  /// For each result a grid of samples, whose size may depend on the region.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, rois) = (try builder.operand(0), try builder.operand(1))
    let (batches, y) = (try builder.operand(2), try builder.result())
    let isMax = settings.string("mode") == "max"
    let (zero, low) = (Expr.constant(0, x.element), Expr.lowest(x.element))
    builder.loops([y.shape[0], y.shape[1]]) { lead in
      let batch = batches[[lead[0]]].converted(to: .index)
      let last = Expr.integer(x.shape[0] - 1)
      let sample = builder.define("n", batch.maximum(.integer(0)).minimum(last))
      let sides = [1, 0].map { side(builder, rois, lead[0], $0) }
      builder.loops(output) { place in
        let sum = builder.declare("sum", isMax ? low : zero)
        builder.loop("iy", to: sides[0].count) { row in
          builder.loop("ix", to: sides[1].count) { column in
            let places = zip(sides, zip(place, [row, column])).map { side, at in
              builder.define("p", side.place(at.0, at.1))
            }
            let value = sampled(builder, x, [sample, lead[1]], places, isMax)
            let next = isMax ? Expr.variable(sum).maximum(value) : .variable(sum) + value
            builder.assign(sum, next)
          }
        }
        let count = (sides[0].count * sides[1].count).maximum(.integer(1))
        let mean = Expr.variable(sum) / count.converted(to: x.element)
        let best = Expr.select(
          Expr.variable(sum).compared(.eq, low), zero, .variable(sum))
        builder.store(isMax ? best : mean, to: y, at: lead + place)
      }
    }
  }

  /// The region along one axis: its start, the size of a result, and the samples in it.
  private struct Side {
    var start: Expr
    var size: Expr
    var count: Expr

    func place(_ output: Expr, _ sample: Expr) -> Expr {
      let element = start.element
      let inner = (sample.converted(to: element) + .constant(0.5, element)) * size
      return start + output.converted(to: element) * size + inner / count.converted(to: element)
    }
  }

  private func side(_ builder: LoopBuilder, _ rois: TensorView, _ region: Expr, _ axis: Int) -> Side
  {
    let element = rois.element
    let isHalf = settings.string("coordinate_transformation_mode") == "half_pixel"
    let scale = settings.float("spatial_scale")
    let shift = Expr.constant(isHalf ? 0.5 : 0, element)
    let start = rois[[region, .integer(axis)]].scaled(by: scale) - shift
    let end = rois[[region, .integer(axis + 2)]].scaled(by: scale) - shift
    let known = builder.define("start", start)
    let extent = isHalf ? end - known : (end - known).maximum(.constant(1, element))
    let parts = Expr.constant(Double(output[1 - axis]), element)
    let size = builder.define("size", extent / parts)
    let ratio = settings.int("sampling_ratio")
    let adaptive = size.applying(.ceil).minimum(.constant(0x1p20, element)).converted(to: .index)
    let count = ratio > 0 ? Expr.integer(ratio) : builder.define("count", adaptive)
    return Side(start: known, size: size, count: count)
  }

  /// The element between four; elements more than one step outside count as 0, others are clamped.
  private func sampled(
    _ builder: LoopBuilder, _ x: TensorView, _ lead: [Expr], _ places: [Expr], _ isMax: Bool
  ) -> Expr {
    let element = x.element
    let (zero, one) = (Expr.constant(0, element), Expr.constant(1, element))
    let extents = Array(x.shape[2...])
    let tests = zip(places, extents).map { place, extent in
      place.compared(.ge, .constant(-1, element))
        .and(place.compared(.le, .constant(Double(extent), element)))
    }
    let value = builder.declare("value", zero)
    builder.when(tests[0].and(tests[1])) {
      let inside = zip(places, extents).map { place, extent in
        let low = place.converted(to: element).maximum(zero)
        return builder.define("q", low.minimum(.constant(Double(extent - 1), element)))
      }
      let lows = inside.map { builder.define("n", $0.converted(to: .index)) }
      let highs = zip(lows, extents).map { low, extent in
        builder.define("n", (low + 1).minimum(.integer(extent - 1)))
      }
      let ratios = zip(inside, lows).map { place, low in
        builder.define("r", place - low.converted(to: element))
      }
      let parts = (0..<4).map { corner in
        let isHigh = [corner / 2 == 1, corner % 2 == 1]
        let index = (0..<2).map { isHigh[$0] ? highs[$0] : lows[$0] }
        let weights = (0..<2).map { isHigh[$0] ? ratios[$0] : one - ratios[$0] }
        return weights[0] * weights[1] * x[lead + index]
      }
      let mixed = parts.dropFirst().reduce(parts[0]) { isMax ? $0.maximum($1) : $0 + $1 }
      builder.assign(value, mixed)
    }
    return .variable(value)
  }
}
