import COnnx
package import CoppiceFiles
public import CoppiceIR

/// What a model file says of itself, whether or not it can be imported.
public struct ModelSurvey: Sendable {
  /// An input or output as it is declared.
  public struct Port: Hashable, Sendable {
    /// The name.
    public let name: String
    /// The element type; `nil` when it is not a tensor or not declared.
    public let element: ElementType?
    /// The extents: numbers, names of dynamic dimensions, or `?`; `nil` when they are not declared.
    public let shape: [String]?

    /// Describes a port.
    ///
    /// - Parameters:
    ///   - name: The name.
    ///   - element: The element type.
    ///   - shape: The extents.
    public init(name: String, element: ElementType?, shape: [String]?) {
      self.name = name
      self.element = element
      self.shape = shape
    }
  }

  /// The inputs that are not initializers.
  public let inputs: [Port]
  /// The outputs.
  public let outputs: [Port]
  /// How often each operator stands in the file, functions and subgraphs included.
  public let operators: [(name: String, count: Int)]
  /// The initializers of the main graph that can be read.
  public let initializers: [(name: String, constant: Constant)]
}

extension ONNXImporter {
  /// Reads what can be told of any model file that can be decoded.
  ///
  /// - Parameter path: The model file.
  /// - Returns: Its declared inputs and outputs, operators and initializers.
  /// - Throws: Why it cannot be decoded.
  public static func survey(_ path: String) throws(Diagnostics) -> ModelSurvey {
    try survey(try opened(path))
  }

  /// Reads what can be told of a model file that is open.
  package static func survey(_ file: InputFile) throws(Diagnostics) -> ModelSurvey {
    let document = try document(file)
    var counts: [String: Int] = [:]
    walkMessages(document.model, coppice_onnx_model_descriptor()) { message, descriptor in
      guard descriptor == coppice_onnx_node_descriptor() else { return }
      let node = message.assumingMemoryBound(to: NodeProto.self).pointee
      let domain = Declarations.normalized(text(node.domain))
      let type = text(node.op_type)
      counts[domain.isEmpty ? type : "\(domain).\(type)", default: 0] += 1
    }
    let graph = document.model.pointee.graph?.pointee
    let tensors = TensorReader(file: document.file, external: document.external)
    let initializers = graph.map { messages($0.initializer, $0.n_initializer) } ?? []
    let names = Set(initializers.map { text($0.pointee.name) })
    let inputs = graph.map { messages($0.input, $0.n_input) } ?? []
    return ModelSurvey(
      inputs: inputs.map(port).filter { !names.contains($0.name) },
      outputs: graph.map { messages($0.output, $0.n_output).map(port) } ?? [],
      operators: counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) },
      initializers: initializers.compactMap { tensor in
        (try? tensors.constant(tensor)).map { (text(tensor.pointee.name), $0) }
      })
  }

  private static func port(_ info: UnsafeMutablePointer<ValueInfoProto>) -> ModelSurvey.Port {
    let tensor = info.pointee.type?.pointee.tensor_type?.pointee
    let dims = tensor?.shape.map { messages($0.pointee.dim, $0.pointee.n_dim) }
    return ModelSurvey.Port(
      name: text(info.pointee.name), element: tensor.flatMap { ElementType(onnx: $0.elem_type) },
      shape: dims?.map { dim in
        if dim.pointee.has_dim_value != 0 { return String(dim.pointee.dim_value) }
        let symbol = text(dim.pointee.dim_param)
        return symbol.isEmpty ? "?" : symbol
      })
  }
}
