/// All operators by domain and name.
public enum OperatorRegistry {
  /// Every operator, one line for each family, by name.
  public static let all: [any Operator.Type] =
    elementwise + shape + linear + normalization + reduction + pooling + recurrent + control

  private static let elementwise: [any Operator.Type] = [Add.self, Relu.self]
  private static let shape: [any Operator.Type] = [Reshape.self, Transpose.self]
  private static let linear: [any Operator.Type] = [
    Conv.self, ConvTranspose.self, Gemm.self, MatMul.self, ConvInteger.self, MatMulInteger.self,
    QLinearConv.self, QLinearMatMul.self, QuantizeLinear.self, DequantizeLinear.self,
    DynamicQuantizeLinear.self,
  ]
  private static let normalization: [any Operator.Type] = []
  private static let reduction: [any Operator.Type] = []
  private static let pooling: [any Operator.Type] = []
  private static let recurrent: [any Operator.Type] = []
  private static let control: [any Operator.Type] = [Fused.self]

  private static let byName: [String: any Operator.Type] = {
    var table: [String: any Operator.Type] = [:]
    for type in all {
      for name in [type.schema.name] + type.schema.aliases {
        table[key(name, type.schema.domain)] = type
      }
    }
    return table
  }()

  private static func key(_ name: String, _ domain: String) -> String {
    (domain == "ai.onnx" ? "" : domain) + ":" + name
  }

  /// Finds an operator.
  ///
  /// - Parameters:
  ///   - name: ONNX's name or an alias of the schema.
  ///   - domain: ONNX's domain.
  /// - Returns: The operator, or `nil` when it is not known.
  public static func find(_ name: String, domain: String = "") -> (any Operator.Type)? {
    byName[key(name, domain)]
  }
}
