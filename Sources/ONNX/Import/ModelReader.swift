import COnnx
@_spi(RawEditing) import CoppiceIR

/// Turns a decoded model into a graph, collecting every problem on the way.
final class ModelReader {
  static let newestOpset = 28
  private static let irVersions = 3...14

  let document: ModelDocument
  let path: String
  let options: ImportOptions
  let tensors: TensorReader
  var graph: Graph
  var diagnostics: [Diagnostic] = []
  var provenance = Provenance()
  /// Functions of the model by `domain:name:overload`.
  var functions: [String: UnsafeMutablePointer<FunctionProto>] = [:]
  /// Extents that were taken for named dimensions.
  var bound: [String: Int]
  var usedDimensions: Set<String> = []
  /// The dynamic dimensions of inputs, by their names or places.
  var dynamicDimensions: [String] = []
  /// How many calls of functions had a name.
  var calls: [String: Int] = [:]
  /// What is left of the nodes that functions may expand to.
  var nodeBudget: Int
  /// What is left of the work that folding may take.
  var foldedWork: Int
  /// How many turns of loops were written out, and how many nodes they took.
  var unrolledTurns = 0
  var unrolledNodes = 0
  /// The turns of the loops around what is read that are not written out, multiplied.
  var turnsAround = 1
  /// The texts that were met so far.
  var words = Texts()

  init(_ document: ModelDocument, path: String, options: ImportOptions) {
    self.document = document
    self.path = path
    self.options = options
    bound = options.dimensions
    nodeBudget = options.limits.nodes
    foldedWork = options.limits.foldedWork
    tensors = TensorReader(file: document.file, external: document.external)
    graph = Graph(name: "", source: path)
  }

  func read() {
    let model = document.model.pointee
    guard model.has_ir_version != 0, Self.irVersions.contains(Int(model.ir_version)) else {
      let version = model.has_ir_version != 0 ? "IR version \(model.ir_version)" : "no IR version"
      return report(
        "ir-version", "the file has \(version); ONNX models of IR versions 3 to 14 are read")
    }
    guard let main = model.graph else { return report("no-graph", "the model has no graph") }
    let opsets = opsets(messages(model.opset_import, model.n_opset_import))
    graph.name = text(main.pointee.name)
    provenance.opsets = opsets
    graph.opset = opsets[""] ?? Self.newestOpset
    for function in messages(model.functions, model.n_functions) {
      let key = Self.functionKey(
        text(function.pointee.domain), text(function.pointee.name),
        text(function.pointee.overload))
      if functions.updateValue(function, forKey: key) != nil {
        report("duplicate-function", "function '\(text(function.pointee.name))' is there twice")
      }
    }
    let frame = Frame(opsets: opsets)
    readMain(main, frame)
    for name in options.dimensions.keys.sorted() where !usedDimensions.contains(name) {
      let near = suggestion(name, dynamicDimensions).map { "; \($0)" }
      let there = dynamicDimensions.isEmpty ? "" : "; there are \(dimensionList)"
      report(
        "unknown-dimension",
        "--dim \(name): no input has a dynamic dimension of that name\(near ?? there)")
    }
  }

  /// The dynamic dimensions, each once and at most ten.
  private var dimensionList: String {
    var seen: Set<String> = []
    let names = dynamicDimensions.filter { seen.insert($0).inserted }
    return names.prefix(10).map { "'\($0)'" }.joined(separator: ", ")
      + (names.count > 10 ? ", ..." : "")
  }

  private func readMain(_ main: UnsafeMutablePointer<GraphProto>, _ frame: Frame) {
    let scope = Scope(types: declaredTypes(main))
    readInitializers(main, scope)
    for input in messages(main.pointee.input, main.pointee.n_input) {
      let name = text(input.pointee.name)
      // Before IR version 4 every initializer is listed as an input too.
      if scope.isInitializer(name) { continue }
      let binding: Binding
      if let type = inputType(input) {
        binding = .value(graph.addInput(name, type))
      } else {
        binding = .poisoned(nil)
      }
      define(name, binding, in: scope, what: "input")
    }
    readNodes(messages(main.pointee.node, main.pointee.n_node), scope, frame)
    let outputs = messages(main.pointee.output, main.pointee.n_output)
    if outputs.isEmpty { report("no-outputs", "the graph has no outputs") }
    provenance.outputs = outputs.map { text($0.pointee.name) }
    graph.setOutputs(outputs.compactMap { output($0, scope) })
    nameOutputs()
  }

  /// The value of a declared output, whose type is compared.
  private func output(_ info: UnsafeMutablePointer<ValueInfoProto>, _ scope: Scope) -> ValueID? {
    let name = text(info.pointee.name)
    guard let binding = scope.find(name) else {
      // Nodes beyond the limit were not read, which is told already.
      guard nodeBudget >= 0 else { return nil }
      report("missing-output", "output '\(name)' is not computed by any node")
      return nil
    }
    if case .collection = binding {
      report(
        "sequence-output", "output '\(name)' is a sequence or an optional; only tensors are given")
    }
    guard case .value(let value) = binding else { return nil }
    let declared = info.pointee.type?.pointee.tensor_type?.pointee.elem_type ?? 0
    if declared != 0, let element = ElementType(onnx: declared),
      element != graph[value].type.element, element != .string || !words.values.contains(value)
    {
      report(
        "output-type",
        "output '\(name)' is declared as \(element.rawValue) but computed as \(graph[value].type)")
    }
    return value
  }

  func readInitializers(_ graphProto: UnsafeMutablePointer<GraphProto>, _ scope: Scope) {
    for tensor in messages(graphProto.pointee.initializer, graphProto.pointee.n_initializer) {
      let name = text(tensor.pointee.name)
      readConstant(name, .initializer(tensor), scope) { () throws(DiagnosticMessage) in
        try tensors.constant(tensor)
      }
    }
    let sparse = graphProto.pointee.sparse_initializer
    for tensor in messages(sparse, graphProto.pointee.n_sparse_initializer) {
      let name = text(tensor.pointee.values?.pointee.name)
      readConstant(name, .sparse(tensor), scope) { () throws(DiagnosticMessage) in
        try tensors.constant(tensor)
      }
    }
  }

  private func readConstant(
    _ name: String, _ source: Provenance.ConstantSource, _ scope: Scope,
    _ read: () throws(DiagnosticMessage) -> Constant
  ) {
    do {
      let (constant, isText) = withoutTexts(try read())
      let value = graph.addConstant(constant, name: name)
      if isText { words.values.insert(value) }
      provenance.constants[graph[value].name] = (source, constant)
      define(name, .value(value), in: scope, what: "initializer")
    } catch {
      report(error.id, error.text)
      define(name, .poisoned(nil), in: scope, what: "initializer")
    }
    scope.initializers.insert(name)
  }

  func define(_ name: String, _ binding: Binding, in scope: Scope, what: String) {
    if name.isEmpty { return report("empty-name", "an \(what) has no name") }
    if scope.names.updateValue(binding, forKey: name) != nil {
      report("duplicate-name", "\(what) '\(name)' has the name of another value")
    }
  }

  func opsets(
    _ imports: [UnsafeMutablePointer<CoppiceOnnx__OperatorSetIdProto>]
  ) -> [String: Int] {
    var opsets: [String: Int] = [:]
    for entry in imports {
      let domain = Self.normalized(text(entry.pointee.domain))
      let version = Int(entry.pointee.version)
      opsets[domain] = version
      if domain.isEmpty, !(1...Self.newestOpset).contains(version) {
        report("opset", "opset \(version) of ai.onnx is not known; 1 to \(Self.newestOpset) are")
      }
    }
    return opsets
  }

  static func normalized(_ domain: String) -> String { domain == "ai.onnx" ? "" : domain }

  static func functionKey(_ domain: String, _ name: String, _ overload: String) -> String {
    "\(normalized(domain)):\(name):\(overload)"
  }

  func report(
    _ id: String, _ text: String, notes: [String] = [], at location: Location? = nil,
    severity: Severity = .error
  ) {
    let message = DiagnosticMessage(id, text, notes: notes)
    diagnostics.append(Diagnostic(severity, message, at: location ?? .file(path)))
  }
}
