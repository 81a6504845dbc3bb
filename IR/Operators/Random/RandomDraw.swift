/// An operator whose elements are drawn at random.
///
/// The generator is PCG's output function (RXS M XS, 32 bits) of a counter: element `i` takes the numbers of
/// the places `4 i` to `4 i + 3`. The key is the bits of the attribute `seed`, 0 when it is absent, mixed by the same function. So a
/// call gives the same elements on every machine and each time; a model that wants others takes them as an input.
protocol RandomDraw: Operator {}

extension RandomDraw {
  /// The state that counters are added to.
  var key: UInt32 {
    let seed = attributes["seed"] == nil ? 0 : settings.float("seed").bitPattern
    let state = seed &* 747_796_405 &+ 2_891_336_453
    let word = ((state >> ((state >> 28) + 4)) ^ state) &* 277_803_737
    return (word >> 22) ^ word
  }

  /// A number from 0 to below 1, in steps of 2^-24.
  ///
  /// - Parameters:
  ///   - element: Row-major index of the element.
  ///   - draw: Which of the numbers of the element; 0 to 3.
  ///   - builder: Takes the steps.
  /// - Returns: The number, as float32.
  func unit(_ element: Expr, _ draw: Int, _ builder: LoopBuilder) -> Expr {
    let number = { (value: UInt32) in Expr.number(Double(value), .uint32) }
    let counter = element.converted(to: .uint32) * number(4) + number(UInt32(draw))
    let seeded = Expr.binary(.add, counter, number(key))
    let state = builder.define("state", seeded * number(747_796_405) + number(2_891_336_453))
    let shift = Expr.binary(.shr, state, number(28)) + number(4)
    let mixed = Expr.binary(.xor, Expr.binary(.shr, state, shift), state)
    let word = builder.define("word", mixed * number(277_803_737))
    let bits = Expr.binary(.xor, Expr.binary(.shr, word, number(22)), word)
    let top = Expr.binary(.shr, bits, number(8)).converted(to: .float32)
    return builder.define("unit", top * .constant(0x1p-24, .float32))
  }

  /// A number of the normal distribution, by Box and Muller.
  func normal(_ element: Expr, _ builder: LoopBuilder) -> Expr {
    let one = Expr.constant(1, .float32)
    let radius = Expr.math(
      .sqrt, [.constant(-2, .float32) * .math(.log, [one - unit(element, 0, builder)])])
    let angle = Expr.constant(6.283185307179586, .float32) * unit(element, 1, builder)
    return builder.define("normal", radius * .math(.cos, [angle]))
  }

  /// Stores a drawn number for each element of result 0.
  func fill(
    _ builder: LoopBuilder, _ draw: (_ place: Expr, _ index: [Expr]) -> Expr
  ) throws(DiagnosticMessage) {
    let y = try builder.result()
    let strides = rowMajorStrides(y.shape)
    builder.loops(y.shape) { index in
      let place = zip(index, strides).reduce(Expr.integer(0)) { $0 + $1.0 * $1.1 }
      builder.store(draw(place, index).converted(to: y.element), to: y, at: index)
    }
  }

  /// The floating-point type of an attribute, or one that stands for it.
  func drawnElement(_ fallback: ElementType) throws(DiagnosticMessage) -> ElementType {
    guard attributes["dtype"] != nil else { return fallback }
    guard let element = ElementType(onnx: settings.int("dtype")), element.isFloat,
      element.isComputable
    else {
      throw DiagnosticMessage(
        "element-type", "dtype \(settings.int("dtype")) is none that numbers are drawn in here")
    }
    return element
  }
}
