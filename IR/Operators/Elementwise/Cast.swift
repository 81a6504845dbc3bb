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

  /// The type that `to` names.
  ///
  /// - Parameter context: The operands.
  /// - Returns: A computable element type.
  /// - Throws: `cast-type`, `element-type`.
  public func resultElement(_ context: InferenceContext) throws(DiagnosticMessage) -> ElementType {
    _ = try context.computable(0)
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
