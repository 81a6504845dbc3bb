import COnnx
import CoppiceIR

/// What a name stands for.
enum Binding {
  case value(ValueID)
  /// Something that could not be read, of the declared type if there is one; reported already.
  case poisoned(TensorType?)
  /// An optional input of a function that the call leaves out.
  case absent
  /// A sequence, or an optional without an element.
  case collection(SequenceBinding)
}

/// The names of one graph, inside those of the graphs around it.
final class Scope {
  let parent: Scope?
  /// The static types that the file declares for values.
  let types: [String: TensorType]
  var names: [String: Binding] = [:]
  var initializers: Set<String> = []

  init(parent: Scope? = nil, types: [String: TensorType] = [:]) {
    self.parent = parent
    self.types = types
  }

  func isInitializer(_ name: String) -> Bool { initializers.contains(name) }

  func find(_ name: String) -> Binding? {
    var scope: Scope? = self
    while let current = scope {
      if let binding = current.names[name] { return binding }
      scope = current.parent
    }
    return nil
  }
}

/// What governs a list of nodes: opset imports, and the call when they are a function's body.
struct Frame {
  var opsets: [String: Int]
  /// The block the nodes go to; the graph's body if nil.
  var block: BlockID?
  /// The attributes of the call, by the function's names for them; nil outside of functions.
  var attributes: [String: UnsafeMutablePointer<AttributeProto>]?
  /// Put before the names of nodes and values.
  var prefix = ""
  /// The names outside for the function's results.
  var renamed: [String: String] = [:]
  /// The functions that are being expanded.
  var calls: [String] = []

  func name(_ inner: String) -> String { renamed[inner] ?? prefix + inner }
}

extension ModelReader {
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
}
