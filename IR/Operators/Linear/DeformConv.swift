/// Two-dimensional convolution whose taps are moved by offsets and weighted by a mask.
package struct DeformConv: LinearOperator {
  package static let schema = OperatorSchema(
    "DeformConv", since: 19, operands: ["X", "W", "offset", "B?", "mask?"],
    attributes: [
      "dilations": nil, "group": .int(1), "kernel_shape": nil, "offset_group": .int(1),
      "pads": nil, "strides": nil,
    ])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var linearOperands: [Int] { [1] }
  package var storesOnce: Bool { true }
  /// 1e-4: places are rounded in other orders.
  package var tolerance: Double { 1e-4 }

  private var group: Int { settings.int("group") }
  private var offsetGroup: Int { settings.int("offset_group") }

  package func linearReading(
    of operand: Int, _ operands: [TensorType?], result: TensorType?
  ) -> LinearReading? {
    var reading = LinearReading.convolution(1, of: 0, groups: group, operands, result: result)
    reading?.addend = LinearReading.Addend(operand: 3)
    reading?.silenced = [0, 1, 2, 4]
    reading?.walksNonzeros = false
    return reading
  }

  /// Checks channels, groups, offsets and mask.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let (x, w, offset) = (try context.real(0), try context.real(1), try context.real(2))
    let bias = context.has(3) ? try context.real(3) : nil
    let plain = InferenceContext(operands: [x, w, bias])
    let y = try Conv(attributes: attributes).inferTypes(plain)[0]
    guard x.rank == 4 else {
      throw DiagnosticMessage("conv-rank", "X is \(x); only two spatial axes are supported")
    }
    let taps = w.shape[2] * w.shape[3]
    let (count, overflow) = product([offsetGroup, taps, 2])
    guard offsetGroup > 0, x.shape[1] % offsetGroup == 0, !overflow,
      offset.shape == [x.shape[0], count] + y.shape[2...]
    else {
      throw DiagnosticMessage(
        "conv-offset", "offset does not fit \(offsetGroup) groups of \(taps) taps",
        notes: ["offset is \(offset)", "Y is \(y)"])
    }
    let masked = [x.shape[0], offsetGroup * taps] + y.shape[2...]
    if context.has(4), try context.real(4).shape != masked {
      throw DiagnosticMessage("conv-offset", "mask is \(try context.type(4)), not \(masked)")
    }
    return [y]
  }

  /// Output-stationary loops; each tap is read between four elements.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, w, y) = (try builder.operand(0), try builder.operand(1), try builder.result())
    let (offset, bias) = (try builder.operand(2), builder.operandIfAny(3))
    let mask = builder.operandIfAny(4)
    let window = try Conv(attributes: attributes).window(x.shape, w.shape)
    let taps = w.shape[2] * w.shape[3]
    try builder.loops(y.shape) { (index) throws(DiagnosticMessage) in
      let sum = builder.declare(
        "sum", bias?[[index[1]]].converted(to: y.element) ?? .constant(0, y.element))
      let first = index[1] / .integer(max(y.shape[1] / group, 1)) * w.shape[1]
      try builder.forEachNonzero(of: 1, rowAxis: 0, row: index[1]) { column, weight in
        let part = builder.unravel(column, Array(w.shape[1...]))
        let channel = builder.define("c", group == 1 ? part[0] : first + part[0])
        let own = channel / .integer(x.shape[1] / offsetGroup) * taps
        let tap = builder.define("tap", own + part[1] * w.shape[3] + part[2])
        let starts = window.taps(Array(index[2...]), Array(part[1...]))
        let places = starts.enumerated().map { axis, start in
          let moved = offset[[index[0], tap * 2 + axis] + index[2...]].converted(to: x.element)
          return builder.define("p", start.converted(to: x.element) + moved)
        }
        let value = builder.bilinear(x, [index[0], channel], places)
        let factor = mask?[[index[0], tap] + index[2...]].converted(to: x.element)
        builder.accumulate(sum, factor.map { value * weight * $0 } ?? value * weight)
      }
      builder.store(.variable(sum), to: y, at: index)
    }
  }
}

extension LoopBuilder {
  /// The element between four of the last two axes; elements outside count as 0.
  package func bilinear(_ x: TensorView, _ lead: [Expr], _ places: [Expr]) -> Expr {
    let sum = declare("value", .constant(0, x.element))
    let limit = Expr.constant(0x1p30, x.element)
    let floors = places.map { place in
      define("f", place.minimum(limit).maximum(.unary(.neg, limit)).applying(.floor))
    }
    let ratios = zip(places, floors).map { define("r", $0 - $1) }
    let one = Expr.constant(1, x.element)
    for corner in 0..<4 {
      let steps = [corner / 2, corner % 2]
      let index = zip(floors, steps).map { define("n", $0.converted(to: .index) + $1) }
      let tests = zip(index, x.shape.suffix(2)).map { place, extent in
        place.compared(.ge, .integer(0)).and(place.compared(.lt, .integer(extent)))
      }
      when(tests[0].and(tests[1])) {
        let weights = zip(ratios, steps).map { ratio, step in step == 1 ? ratio : one - ratio }
        accumulate(sum, weights[0] * weights[1] * x[lead + index])
      }
    }
    return .variable(sum)
  }
}
