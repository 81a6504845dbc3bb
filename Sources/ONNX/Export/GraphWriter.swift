import COnnx
import CoppiceIR

/// Builds the protobuf graph for a graph that came from a model and was changed.
///
/// Nodes and tensors that did not change are those of the model, unknown fields included.
final class GraphWriter {
  let graph: Graph
  let provenance: Provenance
  let tensors: TensorWriter
  var diagnostics: [Diagnostic] = []
  var initializers: [UnsafeMutablePointer<TensorProto>] = []
  var sparseInitializers: [UnsafeMutablePointer<SparseTensorProto>] = []
  /// The lists of nodes being built, the innermost last.
  var lists: [[UnsafeMutablePointer<NodeProto>]] = [[]]
  /// Values whose definition is written.
  var written: Set<ValueID> = []
  /// Names that differ from those in the graph.
  var renamed: [ValueID: String] = [:]
  private let values: [String: ValueID]
  /// What nodes and outputs read of values that no node of the file gives.
  lazy var needed = neededWithoutSource()
  var addsInitializers = false
  /// Names of nodes: those of the file that are written, and of new ones so far.
  lazy var labels = labelsOfFile()
  /// Domains of nodes that passes made.
  var newDomains: Set<String> = []
  /// Names of tensors that the graph does not know.
  var added: Set<String> = []

  init(_ graph: Graph, _ provenance: Provenance, _ tensors: TensorWriter) {
    self.graph = graph
    self.provenance = provenance
    self.tensors = tensors
    var values: [String: ValueID] = [:]
    for value in graph.constantValues + graph.inputs { values[graph[value].name] = value }
    for node in graph.allNodes {
      for result in graph[node].results {
        if let result { values[graph[result].name] = result }
      }
    }
    self.values = values
  }

  var arena: Arena { tensors.arena }

  func value(named name: String) -> ValueID? { values[name] }

  func name(_ value: ValueID) -> String { renamed[value] ?? graph[value].name }

  /// The model with the changed graph in place of its own.
  func model(_ original: ModelProto) -> UnsafeMutablePointer<ModelProto> {
    let model = arena.copy(original)
    guard let main = original.graph else { return model }
    let (outputs, identities) = outputNames()
    writeNodes(of: graph.body)
    for (value, name) in identities {
      define(value)
      lists[0].append(identity(self.name(value), name))
    }
    for output in outputs { define(output) }
    let new = arena.copy(main.pointee)
    model.pointee.graph = new
    new.pointee.n_node = lists[0].count
    new.pointee.node = arena.pointers(lists[0])
    new.pointee.n_initializer = initializers.count
    new.pointee.initializer = arena.pointers(initializers)
    new.pointee.n_sparse_initializer = sparseInitializers.count
    new.pointee.sparse_initializer = arena.pointers(sparseInitializers)
    writeDeclarations(main.pointee, to: new)
    if provenance.expandedFunctions { model.pointee.n_functions = 0 }
    importDomains(model)
    if addsInitializers, model.pointee.ir_version < 4 { model.pointee.ir_version = 4 }
    return model
  }

  /// Gives outputs the names of the file: where a value cannot take one, an Identity will.
  private func outputNames() -> (outputs: [ValueID], identities: [(ValueID, String)]) {
    var identities: [(ValueID, String)] = []
    var claimed: Set<ValueID> = []
    for (value, name) in zip(graph.outputs, provenance.outputs) {
      if self.name(value) == name { claimed.insert(value) }
    }
    for (value, name) in zip(graph.outputs, provenance.outputs) where self.name(value) != name {
      if let other = self.value(named: name) {
        renamed[other] = graph.uniqueName(name + "/renamed")
      }
      if graph.producer(value) != nil, claimed.insert(value).inserted {
        renamed[value] = name
      } else {
        identities.append((value, name))
      }
    }
    return (graph.outputs, identities)
  }

  private func identity(_ from: String, _ to: String) -> UnsafeMutablePointer<NodeProto> {
    let node = arena.allocate(NodeProto.self, 1)
    coppice_onnx__node_proto__init(node)
    node.pointee.op_type = arena.string("Identity")
    node.pointee.name = arena.string(to + "/identity")
    setNames(node, inputs: [from], outputs: [to])
    return node
  }

  func setNames(
    _ node: UnsafeMutablePointer<NodeProto>, inputs: [String], outputs: [String]
  ) {
    node.pointee.n_input = inputs.count
    node.pointee.input = arena.strings(inputs)
    node.pointee.n_output = outputs.count
    node.pointee.output = arena.strings(outputs)
  }

  func report(_ id: String, _ text: String, at location: Location) {
    diagnostics.append(Diagnostic(.error, DiagnosticMessage(id, text), at: location))
  }

  /// Writes what defines a value that no node of the graph computes.
  func define(_ value: ValueID) {
    guard let constant = graph.constant(value), written.insert(value).inserted else { return }
    let name = graph[value].name
    let origin = provenance.constants[name]
    let isUnchanged =
      origin.map { $0.value.type == constant.type && $0.value.dense == constant.dense } ?? false
    switch origin?.source {
    case .initializer(let tensor)?
    where isUnchanged && text(tensor.pointee.name) == self.name(value):
      initializers.append(tensor)
    case .initializer(let tensor)?:
      initializers.append(tensors.tensor(constant, name: self.name(value), like: tensor))
    case .sparse(let tensor)? where isUnchanged && renamed[value] == nil:
      sparseInitializers.append(tensor)
    case .node(let key)? where isUnchanged && isReproducible(key):
      rewrite(key)
    case .assumed(let original)? where isUnchanged && self.value(named: original) != nil:
      renamed[value] = self.value(named: original).map(self.name)
    case nil where isWrittenAsNode(constant):
      lists[0].append(constantOfShape(constant, self.name(value)))
    default:
      addsInitializers = true
      initializers.append(tensors.tensor(constant, name: self.name(value)))
    }
  }
}
