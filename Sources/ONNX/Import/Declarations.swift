import COnnx
import CoppiceIR

/// What a model declares before its nodes: opsets and functions.
struct Declarations {
  static let newestOpset = 28

  private(set) var opsets: [String: Int] = [:]
  /// Functions of the model by `domain:name:overload`.
  private(set) var functions: [String: UnsafeMutablePointer<FunctionProto>] = [:]

  init(_ model: ModelProto, _ log: ImportLog) {
    opsets = Self.opsets(messages(model.opset_import, model.n_opset_import), log)
    for function in messages(model.functions, model.n_functions) {
      let key = Self.functionKey(
        text(function.pointee.domain), text(function.pointee.name),
        text(function.pointee.overload))
      if functions.updateValue(function, forKey: key) != nil {
        log.report(
          "duplicate-function", "function '\(text(function.pointee.name))' is there twice")
      }
    }
  }

  /// The opsets that a model or a function imports, by domain.
  static func opsets(
    _ imports: [UnsafeMutablePointer<CoppiceOnnx__OperatorSetIdProto>], _ log: ImportLog
  ) -> [String: Int] {
    var opsets: [String: Int] = [:]
    for entry in imports {
      let domain = normalized(text(entry.pointee.domain))
      let version = Int(entry.pointee.version)
      opsets[domain] = version
      if domain.isEmpty, !(1...newestOpset).contains(version) {
        log.report("opset", "opset \(version) of ai.onnx is not known; 1 to \(newestOpset) are")
      }
    }
    return opsets
  }

  static func normalized(_ domain: String) -> String { domain == "ai.onnx" ? "" : domain }

  /// The function that a node calls, if the model has it.
  static func functionKey(of node: UnsafeMutablePointer<NodeProto>) -> String {
    functionKey(
      text(node.pointee.domain), text(node.pointee.op_type), text(node.pointee.overload))
  }

  static func functionKey(_ domain: String, _ name: String, _ overload: String) -> String {
    "\(normalized(domain)):\(name):\(overload)"
  }
}

/// The types that a graph declares for its values, where they are static tensors.
func declaredTypes(_ graphProto: UnsafeMutablePointer<GraphProto>) -> [String: TensorType] {
  let infos =
    messages(graphProto.pointee.value_info, graphProto.pointee.n_value_info)
    + messages(graphProto.pointee.output, graphProto.pointee.n_output)
  var types: [String: TensorType] = [:]
  for info in infos { types[text(info.pointee.name)] = staticType(info) }
  return types
}

/// The declared type of a value, if it is a tensor of static shape.
func staticType(_ info: UnsafeMutablePointer<ValueInfoProto>) -> TensorType? {
  guard let tensor = info.pointee.type?.pointee.tensor_type, let shape = tensor.pointee.shape,
    let element = ElementType(onnx: tensor.pointee.elem_type)
  else { return nil }
  let dims = messages(shape.pointee.dim, shape.pointee.n_dim)
  guard dims.allSatisfy({ $0.pointee.has_dim_value != 0 }) else { return nil }
  return try? TensorType.checked(element, dims.map { Int($0.pointee.dim_value) })
}
