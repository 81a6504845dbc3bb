/// The discrete Fourier transform along an axis; the last axis holds real and imaginary parts.
package struct DFT: Operator {
  package static let schema = OperatorSchema(
    "DFT", since: 17, operands: ["input", "dft_length?", "axis?"], results: ["output"],
    attributes: ["inverse": .int(0), "onesided": .int(0)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var storesOnce: Bool { true }
  /// 1e-4: sums are rounded in other orders.
  package var tolerance: Double { 1e-4 }

  /// Moves the `axis` attribute of opsets 17 to 19 to an operand; its default was 1.
  package static func adapt(_ node: inout ForeignNode) throws(DiagnosticMessage) {
    guard node.opset < 20 else { return }
    node.setOperand(2, Constant([Int64(node.attributes.int("axis") ?? 1)], .int64, []))
    node.attributes["axis"] = nil
  }

  /// Whether half a spectrum gives real numbers.
  private var isRealInverse: Bool { settings.flag("inverse") && settings.flag("onesided") }

  /// The axis and the length of the transform.
  private func extents(
    _ context: InferenceContext
  ) throws(DiagnosticMessage) -> (axis: Int, length: Int) {
    let x = try context.real(0)
    var axis = x.rank - 2
    if context.has(2) {
      let values = try context.integers(2, "the axis")
      axis = try normalizedAxis(values.first ?? -2, rank: x.rank)
    }
    guard x.rank >= 2, 0..<(x.rank - 1) ~= axis, 1...2 ~= x.shape[x.rank - 1] else {
      throw DiagnosticMessage(
        "dft-shape", "input is \(x); its last axis must hold 1 or 2 parts and not be transformed")
    }
    let isFolded = isRealInverse
    var length = isFolded ? 2 * (x.shape[axis] - 1) : x.shape[axis]
    if context.has(1) {
      length = try context.integers(1, "the length of the transform").first ?? length
    }
    guard 1...(1 << 20) ~= length, !isFolded || x.shape[x.rank - 1] == 2 else {
      throw DiagnosticMessage(
        "dft-length", "the length \(length) must be from 1 to 1048576, half a spectrum complex"
      )
    }
    return (axis, length)
  }

  /// The operand's shape with the length along the axis and two parts.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let x = try context.real(0)
    let (axis, length) = try extents(context)
    var shape = x.shape
    shape[axis] = settings.flag("onesided") && !isRealInverse ? length / 2 + 1 : length
    shape[x.rank - 1] = isRealInverse ? 1 : 2
    return [TensorType(x.element, shape)]
  }

  /// A sum over the operand for each frequency, with tables of cosine and sine.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, y) = (try builder.operand(0), try builder.result())
    let (axis, length) = try extents(builder.context)
    let isInverse = settings.flag("inverse")
    let cosine = table(builder, length, .cos)
    let sine = table(builder, length, .sin)
    let zero = Expr.constant(0, .float64)
    let scale = Expr.constant(isInverse ? 1 / Double(length) : 1, .float64)
    builder.loops(Array(y.shape.dropLast())) { index in
      let (real, imaginary) = (builder.declare("re", zero), builder.declare("im", zero))
      builder.loop("n", min(isRealInverse ? length / 2 + 1 : length, x.shape[axis])) { step in
        let turn = builder.define("k", combine(.rem, index[axis] * step, .integer(length)))
        var place = index
        place[axis] = step
        let weight = weight(step, length)
        let a = builder.define("a", x[place + [.integer(0)]].converted(to: .float64) * weight)
        let c = builder.define("c", cosine[[turn]])
        let s = builder.define("s", isInverse ? sine[[turn]] : .unary(.neg, sine[[turn]]))
        let isComplex = x.shape[x.rank - 1] == 2
        let part = isComplex ? x[place + [.integer(1)]].converted(to: .float64) * weight : nil
        let b = part.map { builder.define("b", $0) }
        builder.accumulate(real, b.map { a * c - $0 * s } ?? a * c)
        builder.accumulate(imaginary, b.map { a * s + $0 * c } ?? a * s)
      }
      for (number, sum) in [real, imaginary].prefix(y.shape[y.rank - 1]).enumerated() {
        let value = (.variable(sum) * scale).converted(to: y.element)
        builder.store(value, to: y, at: index + [.integer(number)])
      }
    }
  }

  /// How often a frequency counts: those that half a spectrum leaves out count with their mirror.
  private func weight(_ step: Expr, _ length: Int) -> Expr {
    let one = Expr.constant(1, .float64)
    guard isRealInverse else { return one }
    let isSingle = step.compared(.eq, .integer(0)).or((step * 2).compared(.eq, .integer(length)))
    return .select(isSingle, one, .constant(2, .float64))
  }

  /// A function at each part of a turn, filled when the kernel starts.
  private func table(
    _ builder: LoopBuilder, _ length: Int, _ function: MathFunction
  ) -> TensorView {
    let table = builder.scratch(.float64, [length], function.rawValue)
    let step = Expr.constant(2 * Double.pi / Double(length), .float64)
    builder.loop("n", length) { index in
      let angle = index.converted(to: .float64) * step
      builder.store(angle.applying(function), to: table, at: [index])
    }
    return table
  }
}
