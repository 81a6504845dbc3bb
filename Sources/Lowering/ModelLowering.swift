public import CoppiceIR

/// A model as kernels, with its memory planned.
public struct LoweredModel: Sendable {
  /// Kernels over buffers.
  public var program: Program
  /// Where the arena's buffers lie.
  public var plan: MemoryPlan
  /// The form that was taken for each node that kernels compute.
  package var forms: [NodeID: String]

  package init(program: Program, plan: MemoryPlan, forms: [NodeID: String] = [:]) {
    self.program = program
    self.plan = plan
    self.forms = forms
  }
}

/// Lowers a graph: decides layouts, kernels and memory.
///
/// - Parameters:
///   - graph: As the pipeline left it.
///   - target: What the code is for.
///   - limits: What the model may ask for.
/// - Returns: The program and its memory plan.
/// - Throws: Every node that has no lowering.
public func lower(
  _ graph: Graph, for target: Target, limits: Limits = Limits()
) throws(Diagnostics) -> LoweredModel {
  let (prepared, guards) = try prepare(graph)
  let lowering = ModelLowering(prepared, target, guards, WeightCounter(), limits: limits)
  try lowering.run()
  let program = lowering.finished()
  return LoweredModel(
    program: program, plan: MemoryPlan(program, alignment: target.arenaAlignment),
    forms: lowering.forms)
}

/// The state of one lowering.
final class ModelLowering {
  let graph: Graph
  let target: Target
  let layouts: Layouts
  let limits: Limits
  let guards: BranchGuards
  /// The branches that the node being lowered stands in, the outermost first.
  var branches: [BranchGuard] = []
  /// How many loops the node being lowered stands in, and the first number that no variable in them has.
  var depthOfLoops = 0
  var freeVariable = 0
  var program: Program
  /// Where every value lies that has been placed.
  var views: [ValueID: TensorView] = [:]
  /// The constants behind buffers whose bytes are made at the end, if anyone reads them.
  var pending: [Int: Constant] = [:]
  /// Values that are computed straight into an output of the model.
  let placedInOutput: [ValueID: Int]
  /// Counts weights, each once.
  let counter: WeightCounter
  /// Whether kernels are built; else they are planned only.
  let builds: Bool
  /// What the weights cost in the plans that were taken.
  var planned = PlannedWeights()
  /// The form that was taken for each node.
  var forms: [NodeID: String] = [:]
  /// Is told of each site and the plan that was taken.
  var explain: ((Site, Plan) -> Void)?
  /// Storages that are planned with instead of those that constants have.
  private let storages: [ValueID: StorageKind]
  private var tables: [TableKey: Buffer] = [:]

  private struct TableKey: Hashable {
    var bytes: Bytes
    var element: ElementType
  }

  init(
    _ graph: Graph, _ target: Target, _ guards: BranchGuards,
    storages: [ValueID: StorageKind] = [:], _ counter: WeightCounter, builds: Bool = true,
    limits: Limits = Limits()
  ) {
    self.limits = limits
    self.graph = graph
    self.guards = guards
    self.target = target
    self.storages = storages
    self.counter = counter
    self.builds = builds
    placedInOutput = graph.placedInOutputs
    layouts = LayoutPlanner.layouts(graph, target, counter, storages)
    program = Program(
      inputs: graph.inputs.map { (graph[$0].name, graph[$0].type) },
      outputs: graph.outputs.map { (graph[$0].name, graph[$0].type) })
    program.assumptions = graph.assumptions
    program.outputNames = graph.outputNames
  }

  func run() throws(Diagnostics) {
    for (index, value) in graph.inputs.enumerated() {
      let type = graph[value].type
      let buffer = program.addBuffer(
        type.element, type.count, .input(index), name: graph[value].name)
      views[value] = TensorView(buffer, type.shape)
    }
    var problems: [Diagnostic] = []
    for node in graph.nodes {
      branches = guards[node, default: []]
      do {
        try lower(node)
      } catch {
        problems.append(Diagnostic(.error, error, at: graph.location(node)))
      }
    }
    for value in graph.outputs where !graph[value].type.element.isComputable {
      let text =
        "output '\(graph[value].name)' is \(graph[value].type); outputs are real numbers or bool"
      if graph.producer(value) == nil {
        problems.append(
          Diagnostic(.error, DiagnosticMessage("element-type", text), at: .file(graph.source)))
      }
    }
    if !problems.isEmpty { throw Diagnostics(problems) }
    branches = []
    copyOutputs()
  }

  /// The storage of a constant, as it is or as it is planned to be.
  func storage(_ value: ValueID) -> StorageKind {
    storages[value] ?? graph.constant(value)?.storage.kind ?? .dense
  }

  /// Where a value lies; constants are placed on first sight.
  func view(_ value: ValueID) -> TensorView? {
    if let view = views[value] { return view }
    guard let constant = graph.constant(value) else { return nil }
    let type = constant.type
    let isUniform = constant.storage.isUniform
    let count = isUniform ? 1 : type.count
    let buffer = program.addBuffer(
      type.element, count, .constant(Bytes([UInt8]())), name: graph[value].name, source: value)
    pending[buffer.id] = isUniform ? constant.reshapedToOne : constant
    let strides = isUniform ? Array(repeating: 0, count: type.rank) : nil
    let view = TensorView(buffer, type.shape, strides: strides)
    views[value] = view
    return view
  }

  /// A table emitted with the code; equal ones are shared.
  func table(
    _ bytes: Bytes, _ element: ElementType, _ count: Int, _ name: String, _ source: ValueID?
  )
    -> Buffer
  {
    let key = TableKey(bytes: bytes, element: element)
    if let buffer = tables[key], buffer.count == count { return buffer }
    let buffer = program.addBuffer(element, count, .constant(bytes), name: name, source: source)
    tables[key] = buffer
    return buffer
  }

  /// Memory for a computed value, in the layout chosen for it.
  func allocate(_ value: ValueID) -> TensorView {
    let type = graph[value].type
    if let output = placedInOutput[value] {
      let buffer = program.addBuffer(
        type.element, type.count, .output(output), name: graph[value].name)
      return TensorView(buffer, type.shape)
    }
    let place = layouts[value]
    let buffer = program.addBuffer(
      type.element, place?.count ?? type.count, .arena, name: graph[value].name)
    return TensorView(
      buffer, type.shape, strides: place?.strides, offset: place?.planes?.start ?? 0)
  }
}

extension Constant {
  /// The one element of a uniform constant, as a tensor of one element.
  fileprivate var reshapedToOne: Constant {
    Constant(TensorType(type.element, [1]), storage)
  }
}
