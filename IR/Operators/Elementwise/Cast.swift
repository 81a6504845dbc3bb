/// Each element in another type.
package struct Cast: Elementwise, ElementCarrier {
  package static let schema = OperatorSchema(
    "Cast", operands: ["input"], results: ["output"],
    attributes: ["round_mode": .string("up"), "saturate": .int(1), "to": nil])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Reads opset 1 to 5's name of the type.
  package static func adapt(_ node: inout ForeignNode) throws(DiagnosticMessage) {
    guard case .string(let name)? = node.attributes["to"] else { return }
    let names: [String: Int] = [
      "FLOAT": 1, "UINT8": 2, "INT8": 3, "UINT16": 4, "INT16": 5, "INT32": 6, "INT64": 7,
      "STRING": 8, "BOOL": 9, "FLOAT16": 10, "DOUBLE": 11, "UINT32": 12, "UINT64": 13,
    ]
    node.attributes["to"] = names[name.uppercased()].map { .int($0) }
  }

  /// The type that `to` names.
  ///
  /// - Throws: `cast-type`, `element-type`.
  package func resultElement(_ context: InferenceContext) throws(DiagnosticMessage) -> ElementType {
    _ = try context.computable(0)
    let code = settings.int("to")
    guard let element = ElementType(onnx: code) else {
      throw DiagnosticMessage("cast-type", "to is \(code), which is no element type of ONNX")
    }
    guard element.isComputable else {
      throw DiagnosticMessage(
        "cast-type",
        "elements cannot be cast to \(element.rawValue); this operator takes real numbers and bool")
    }
    return element
  }

  /// By conversion; for bool by comparison with zero.
  package func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    guard let element = ElementType(onnx: settings.int("to")) else { return x[0] }
    return x[0].cast(to: element, CastRule(settings), builder)
  }

  /// The operand itself, where its elements are computed in the wanted type anyway.
  package func view(of operand: TensorView, _ context: InferenceContext) -> [TensorView]? {
    let element = ElementType(onnx: settings.int("to"))
    return operand.stored != operand.element && operand.element == element ? [operand] : nil
  }
}

/// What Cast does with numbers that a narrow float does not hold.
package struct CastRule {
  /// Whether what is too large becomes the largest number.
  package var saturates = true
  /// `up`, `down` or `nearest`: the power of two that a number becomes.
  package var rounding = "up"

  /// Saturates; powers of two round up.
  package init() {}

  /// Reads `saturate` and `round_mode`.
  package init(_ settings: Settings) {
    saturates = settings.flag("saturate")
    if settings.declares("round_mode") { rounding = settings.string("round_mode") }
  }
}

extension Expr {
  /// The value in another element type by the rules of ONNX's Cast.
  ///
  /// - Parameters:
  ///   - element: A computable type.
  ///   - rule: What becomes of numbers that a narrow float does not hold.
  ///   - builder: Takes what has a name.
  /// - Returns: The expression; for bool, whether the value is not zero.
  package func cast(
    to element: ElementType, _ rule: CastRule = CastRule(), _ builder: LoopBuilder
  ) -> Expr {
    if self.element == element { return self }
    if element == .bool { return compared(.ne, like(0)) }
    guard let format = NarrowFloat(element), element.bits <= 8 else {
      return converted(to: element)
    }
    let wide = builder.define("x", self.element.isFloat ? self : converted(to: .float32))
    if format.specials == .power { return wide.power(element, format, rule, builder) }
    guard rule.saturates else { return wide.converted(to: element) }
    let most = Double(format.largest)
    return wide.clamped(wide.like(-most), wide.like(most)).converted(to: element)
  }

  /// A power of two beside a number.
  private func power(
    _ element: ElementType, _ format: NarrowFloat, _ rule: CastRule, _ builder: LoopBuilder
  ) -> Expr {
    let most = Double(format.largest)
    let bounded = rule.saturates ? builder.define("b", minimumOrNaN(like(most))) : self
    let near = builder.define("near", bounded.converted(to: element))
    let wide = near.converted(to: bounded.element)
    switch rule.rounding {
    case "up":
      let isBelow = wide.compared(.lt, bounded)
      return .select(isBelow, near * near.like(2), near).converted(to: element)
    case "down":
      let isAbove = wide.compared(.gt, bounded)
      return .select(isAbove, near * near.like(0.5), near).converted(to: element)
    default: return near
    }
  }
}

extension ElementType {
  private static let onnxOrder: [ElementType] = [
    .float32, .uint8, .int8, .uint16, .int16, .int32, .int64, .string, .bool, .float16, .float64,
    .uint32, .uint64, .complex64, .complex128, .bfloat16, .float8e4m3fn, .float8e4m3fnuz,
    .float8e5m2, .float8e5m2fnuz, .uint4, .int4, .float4e2m1, .float8e8m0, .uint2, .int2,
  ]

  /// The type with a number of ONNX's `TensorProto.DataType`.
  ///
  /// - Parameter code: Such as 1 for float32.
  public init?(onnx code: Int) {
    guard code >= 1, code <= Self.onnxOrder.count else { return nil }
    self = Self.onnxOrder[code - 1]
  }
}
