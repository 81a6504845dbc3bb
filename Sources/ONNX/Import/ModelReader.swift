import COnnx
@_spi(RawEditing) import CoppiceIR

/// Turns a decoded model into a graph, collecting every problem on the way.
struct ModelReader {
  private static let irVersions = 3...14

  let document: ModelDocument
  let options: ImportOptions
  let log: ImportLog
  let draft: GraphDraft

  init(_ document: ModelDocument, path: String, options: ImportOptions) {
    self.document = document
    self.options = options
    log = ImportLog(path: path)
    draft = GraphDraft(source: path)
  }

  func read() {
    let model = document.model.pointee
    guard model.has_ir_version != 0, Self.irVersions.contains(Int(model.ir_version)) else {
      let version = model.has_ir_version != 0 ? "IR version \(model.ir_version)" : "no IR version"
      return log.report(
        "ir-version", "the file has \(version); ONNX models of IR versions 3 to 14 are read")
    }
    guard let main = model.graph else { return log.report("no-graph", "the model has no graph") }
    draft.graph.name = text(main.pointee.name)
    let declarations = Declarations(model, log)
    draft.provenance.opsets = declarations.opsets
    draft.graph.opset = declarations.opsets[""] ?? Declarations.newestOpset
    let dimensions = InputDimensions(options.dimensions, log)
    readMain(main, declarations, dimensions)
    dimensions.reportUnknown()
  }

  private func readMain(
    _ main: UnsafeMutablePointer<GraphProto>, _ declarations: Declarations,
    _ dimensions: InputDimensions
  ) {
    let tensors = TensorReader(file: document.file, external: document.external)
    let nodes = NodeReader(declarations, tensors, draft, log, limits: options.limits)
    let scope = Scope(types: declaredTypes(main))
    nodes.constants.readInitializers(main, scope)
    for input in messages(main.pointee.input, main.pointee.n_input) {
      let name = text(input.pointee.name)
      // Before IR version 4 every initializer is listed as an input too.
      if scope.isInitializer(name) { continue }
      let binding: Binding
      if let type = dimensions.type(of: input) {
        binding = .value(draft.graph.addInput(name, type))
      } else {
        binding = .poisoned(nil)
      }
      scope.define(name, binding, what: "input", log)
    }
    nodes.readMain(messages(main.pointee.node, main.pointee.n_node), scope)
    let outputs = messages(main.pointee.output, main.pointee.n_output)
    if outputs.isEmpty { log.report("no-outputs", "the graph has no outputs") }
    draft.provenance.outputs = outputs.map { text($0.pointee.name) }
    draft.graph.setOutputs(outputs.compactMap { output($0, scope, nodes.budget) })
    draft.nameOutputs()
  }

  /// The value of a declared output, whose type is compared.
  private func output(
    _ info: UnsafeMutablePointer<ValueInfoProto>, _ scope: Scope, _ budget: NodeBudget
  ) -> ValueID? {
    let name = text(info.pointee.name)
    guard let binding = scope.find(name) else {
      // Nodes beyond the limit were not read, which is told already.
      guard !budget.isSpent else { return nil }
      log.report("missing-output", "output '\(name)' is not computed by any node")
      return nil
    }
    if case .collection = binding {
      log.report(
        "sequence-output", "output '\(name)' is a sequence or an optional; only tensors are given")
    }
    guard case .value(let value) = binding else { return nil }
    let declared = info.pointee.type?.pointee.tensor_type?.pointee.elem_type ?? 0
    if declared != 0, let element = ElementType(onnx: declared),
      element != draft.graph[value].type.element,
      element != .string || !draft.words.values.contains(value)
    {
      log.report(
        "output-type",
        "output '\(name)' is declared as \(element.rawValue) but computed as \(draft.graph[value].type)"
      )
    }
    return value
  }
}
