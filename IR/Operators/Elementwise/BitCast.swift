/// The bits of each element as another type of the same width.
///
/// Whole numbers wrap around, so their bits stay. Floats of 16, 32 and 64 bits become numbers of their bits;
/// those of narrower floats are known only where the float is.
package struct BitCast: Operator {
  package static let schema = OperatorSchema(
    "BitCast", since: 26, operands: ["input"], results: ["output"], attributes: ["to": nil])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var storesOnce: Bool { true }

  /// The operand's shape in the other type.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let x = try context.type(0)
    guard let element = ElementType(onnx: settings.int("to")), element.bits == x.element.bits,
      element != .string
    else {
      throw DiagnosticMessage(
        "bit-cast", "\(x) has no elements as wide as those of type \(settings.int("to"))")
    }
    let isKnown = context.known.first.flatMap { $0 } != nil
    guard isKnown || x.element == element || keepsBits(x.element, element) else {
      throw DiagnosticMessage(
        "bit-cast",
        "the bits of \(x) as \(element.rawValue) are compiled only where the operand is known")
    }
    return [TensorType(element, x.shape)]
  }

  private func keepsBits(_ from: ElementType, _ to: ElementType) -> Bool {
    if to.isInteger, from.isInteger || from == .bool { return from.bits >= 8 }
    return from.bits >= 16 && [from, to].allSatisfy { $0.isFloat || $0.isInteger }
  }

  /// The same bytes under the other type.
  package func fold(_ context: InferenceContext) -> [Constant]? {
    guard let constant = context.known.first.flatMap({ $0 }),
      let types = try? inferTypes(context)
    else { return nil }
    return [Constant(types[0], .dense(constant.dense))]
  }

  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, y) = (try builder.operand(0), try builder.result())
    if !x.stored.isFloat, !y.stored.isFloat {
      return builder.map(x, to: y) { $0.converted(to: y.element) }
    }
    builder.map(x, to: y) { element in
      let value = builder.define("x", element)
      return self.value(builder.define("bits", bits(of: value, x.stored)), y.stored, builder)
    }
  }

  /// The bits of an element as a signed number of at least 32 bits.
  private func bits(of value: Expr, _ element: ElementType) -> Expr {
    switch element {
    case .float32: return .packed(.singleBits, value)
    case .float64: return .packed(.doubleBits, value)
    case .bfloat16:
      return .binary(.shr, unsigned(.packed(.singleBits, value)), word(16)).converted(to: .int32)
    case .float16: return halfBits(value)
    default: return value.converted(to: element.bits == 64 ? .int64 : .int32)
    }
  }

  /// The element with some bits.
  private func value(_ bits: Expr, _ element: ElementType, _ builder: LoopBuilder) -> Expr {
    switch element {
    case .float32: return .packed(.single, bits)
    case .float64: return .packed(.double, bits)
    case .bfloat16:
      return .packed(.single, .binary(.shl, unsigned(bits), word(16)).converted(to: .int32))
    case .float16: return half(unsigned(bits), builder)
    default: return bits.converted(to: element)
    }
  }

  private func unsigned(_ bits: Expr) -> Expr { bits.converted(to: .uint32) }
  private func word(_ value: Double) -> Expr { .constant(value, .uint32) }

  /// A half that is scaled down by 2^112 has its bits at the places that float32 has them, subnormal or not.
  private func halfBits(_ value: Expr) -> Expr {
    let bits = unsigned(.packed(.singleBits, value))
    let magnitude = Expr.binary(.and, bits, word(0x7fff_ffff))
    let scaled = Expr.unary(.abs, value) * .number(0x1p-112, .float32)
    let finite = Expr.binary(.shr, unsigned(.packed(.singleBits, scaled)), word(13))
    let rest = Expr.binary(.and, .binary(.shr, bits, word(13)), word(0x3ff))
    let low = Expr.select(
      magnitude.compared(.ge, word(0x7f80_0000)), .binary(.or, rest, word(0x7c00)), finite)
    let sign = Expr.binary(.and, .binary(.shr, bits, word(16)), word(0x8000))
    return Expr.binary(.or, low, sign).converted(to: .int32)
  }

  private func half(_ bits: Expr, _ builder: LoopBuilder) -> Expr {
    let low = builder.define("low", .binary(.shl, .binary(.and, bits, word(0x7fff)), word(13)))
    let single = { (bits: Expr) in Expr.packed(.single, bits.converted(to: .int32)) }
    let finite = single(low) * .number(0x1p112, .float32)
    let magnitude = Expr.select(
      low.compared(.ge, word(0x0f80_0000)), single(.binary(.or, low, word(0x7f80_0000))), finite)
    let isNegative = Expr.binary(.and, bits, word(0x8000)).compared(.ne, word(0))
    return .select(isNegative, .unary(.neg, magnitude), magnitude)
  }
}
