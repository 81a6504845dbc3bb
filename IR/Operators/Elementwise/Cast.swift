/// Each element in another type.
public struct Cast: Elementwise, ElementCarrier {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "Cast", operands: ["input"], results: ["output"],
    attributes: ["round_mode": .string("up"), "saturate": .int(1), "to": nil])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: `round_mode`, `saturate` and `to`.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Reads opset 1 to 5's name of the type.
  ///
  /// - Parameter node: The node as the file has it.
  /// - Throws: Nothing.
  public static func adapt(_ node: inout ForeignNode) throws(DiagnosticMessage) {
    guard case .string(let name)? = node.attributes["to"] else { return }
    let names: [String: Int] = [
      "FLOAT": 1, "UINT8": 2, "INT8": 3, "UINT16": 4, "INT16": 5, "INT32": 6, "INT64": 7,
      "STRING": 8, "BOOL": 9, "FLOAT16": 10, "DOUBLE": 11, "UINT32": 12, "UINT64": 13,
    ]
    node.attributes["to"] = names[name.uppercased()].map { .int($0) }
  }

  /// Operand 0's shape; a constant may also hold float16 or bfloat16, which are converted at compile time.
  ///
  /// - Parameter context: The operand.
  /// - Returns: One type.
  /// - Throws: `cast-type`, `element-type`.
  public func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    [TensorType(try resultElement(context), try context.type(0).shape)]
  }

  /// The constant's elements in the wanted type, for constants of float16 or bfloat16.
  ///
  /// - Parameter context: The operand.
  /// - Returns: Nothing for other operands.
  public func fold(_ context: InferenceContext) -> [Constant]? {
    guard let constant = context.known.first ?? nil, constant.type.element.isHalf,
      attributes.int("to") == ElementType.onnxFloat32
    else { return nil }
    return [Constant(constant.numbers.map { Float($0) }, .float32, constant.type.shape)]
  }

  /// One pass over the elements, of a table in the wanted type for a constant of 16-bit floats.
  ///
  /// - Parameter builder: Takes the loops.
  /// - Throws: `missing-operand`.
  public func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let converted = fold(builder.context)?.first.map { builder.table($0, "value", from: 0) }
    try lower(converted.map { [$0] } ?? builder.operands, builder)
  }

  /// The type that `to` names.
  ///
  /// - Parameter context: The operands.
  /// - Returns: A computable element type.
  /// - Throws: `cast-type`, `element-type`.
  public func resultElement(_ context: InferenceContext) throws(DiagnosticMessage) -> ElementType {
    let isHalfConstant =
      try context.type(0).element.isHalf && context.known.first.map { $0 != nil } == true
    if !(isHalfConstant && attributes.int("to") == ElementType.onnxFloat32) {
      _ = try context.computable(0)
    }
    let code = attributes.int("to")
    guard let element = ElementType(onnx: code) else {
      throw DiagnosticMessage("cast-type", "to is \(code), which is no element type of ONNX")
    }
    guard element.isComputable else {
      throw DiagnosticMessage(
        "cast-type",
        "elements cannot be cast to \(element.rawValue); this operator computes in "
          + "float32, float64, 8- to 64-bit integers and bool")
    }
    return element
  }

  /// By conversion; for bool by comparison with zero.
  ///
  /// - Parameters:
  ///   - x: One element.
  ///   - builder: Unused.
  /// - Returns: The result's element.
  public func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    ElementType(onnx: attributes.int("to")).map { x[0].cast(to: $0) } ?? x[0]
  }
}

extension Expr {
  /// The value in another element type by the rules of ONNX's Cast.
  ///
  /// - Parameter element: A computable type.
  /// - Returns: The expression; for bool, whether the value is not zero.
  public func cast(to element: ElementType) -> Expr {
    if self.element == element { return self }
    return element == .bool ? compared(.ne, like(0)) : converted(to: element)
  }
}

extension ElementType {
  /// `TensorProto.FLOAT`.
  fileprivate static let onnxFloat32 = 1

  /// Whether it is a float of 16 bits.
  fileprivate var isHalf: Bool { self == .float16 || self == .bfloat16 }

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
