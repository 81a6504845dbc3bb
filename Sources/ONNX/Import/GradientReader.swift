import COnnx
import CoppiceIR

/// How a value changes with others: nodes that compute the sum over its elements of their derivatives.
///
/// Gradient names values of the graph around it. What lies between them is walked from the end to the beginning, and every
/// operator on the way says what its operands' derivatives are; one that does not is refused by name.
struct GradientReader {
  let draft: GraphDraft
  let folder: ValueFolder
  let log: ImportLog

  private var graph: Graph { draft.graph }

  /// Reads Gradient as the nodes that compute it.
  ///
  /// - Returns: Whether the node is one.
  func read(
    _ call: ForeignCall, _ scope: Scope, _ frame: Frame
  ) throws(DiagnosticMessage) -> Bool {
    guard Self.reads(call) else { return false }
    let names = strings("xs", call) + strings("zs", call)
    guard !strings("xs", call).isEmpty, names.count == call.operands.count,
      let result = strings("y", call).first
    else {
      throw DiagnosticMessage(
        "gradient-names", "Gradient takes an operand for each name in xs and zs, and the name of y")
    }
    let values = try names.map { name throws(DiagnosticMessage) in try named(name, scope) }
    guard call.operands == values.map({ $0 }) else {
      throw DiagnosticMessage(
        "gradient-names",
        "Gradient is compiled where its operands are the values that xs and zs name; here they are others"
      )
    }
    let chain = NodeChain(draft: draft, folder: folder, call: call, frame: frame)
    let wanted = Array(values.prefix(strings("xs", call).count))
    let end = try named(result, scope)
    var results: [ValueID?] = []
    for (name, value) in zip(call.outputs, try gradients(of: end, by: wanted, chain)) {
      results.append(name.isEmpty ? nil : value)
      if !name.isEmpty {
        results[results.count - 1] = try chain.node(Identity(), [value], name: name)
      }
    }
    scope.defineResults(call, results, log)
    return true
  }

  static func reads(_ call: ForeignCall) -> Bool {
    call.domain == "ai.onnx.preview.training" && call.type == "Gradient"
  }

  private func strings(_ name: String, _ call: ForeignCall) -> [String] {
    call.attributes[name].map { valuesNamed(by: $0.pointee) } ?? []
  }

  private func named(_ name: String, _ scope: Scope) throws(DiagnosticMessage) -> ValueID {
    guard case .value(let value)? = scope.find(name) else {
      throw DiagnosticMessage("gradient-names", "Gradient names '\(name)', which no node defines")
    }
    return value
  }

  private func gradients(
    of end: ValueID, by wanted: [ValueID], _ chain: NodeChain
  ) throws(DiagnosticMessage) -> [ValueID] {
    let type = graph[end].type
    guard type.element == .float32 || type.element == .float64 else {
      throw DiagnosticMessage("element-type", "Gradient of \(type); it is computed in floats")
    }
    var sums: [ValueID: ValueID] = [end: try chain.uniform(1, type)]
    for id in between(end, wanted) {
      guard let result = graph[id].result, let change = sums[result] else { continue }
      let step = GradientStep(node: graph[id], change: change, chain: chain)
      for (operand, part) in zip(graph[id].operands, try step.parts()) {
        guard let operand, let part else { continue }
        let fitting = try step.summed(part, to: graph[operand].type.shape)
        if let sum = sums[operand] {
          sums[operand] = try chain.node(Add(), [sum, fitting])
        } else {
          sums[operand] = fitting
        }
      }
    }
    var results: [ValueID] = []
    for value in wanted {
      if let sum = sums[value] {
        results.append(sum)
      } else {
        results.append(try chain.uniform(0, graph[value].type))
      }
    }
    return results
  }

  /// The nodes that lead from some values to another, the last first.
  private func between(_ end: ValueID, _ wanted: [ValueID]) -> [NodeID] {
    var (reaches, found) = (Set(wanted), [NodeID]())
    var needed: Set<ValueID> = [end]
    for id in graph.nodes.reversed()
    where graph[id].results.contains(where: { $0.map(needed.contains) ?? false }) {
      needed.formUnion(graph[id].operands.compactMap { $0 })
    }
    for id in graph.nodes
    where graph[id].results.contains(where: { $0.map(needed.contains) ?? false }) {
      guard graph[id].operands.contains(where: { $0.map(reaches.contains) ?? false }),
        !graph[id].results.contains(where: { $0.map(wanted.contains) ?? false })
      else { continue }
      reaches.formUnion(graph[id].results.compactMap { $0 })
      found.append(id)
    }
    return found.reversed()
  }
}

extension NodeChain {
  fileprivate func indices(_ values: [Int]) -> ValueID { constant(.indices(values)) }

  /// A tensor of one number.
  fileprivate func uniform(_ value: Double, _ type: TensorType) throws(DiagnosticMessage) -> ValueID
  {
    let shape = indices(type.shape)
    return try node(Expand(), [scalar(value, type.element), shape])
  }
}

/// A node with the derivative by its result, of which those by its operands are made.
private struct GradientStep {
  let node: Node
  let change: ValueID
  let chain: NodeChain

  private func operand(_ index: Int) throws(DiagnosticMessage) -> ValueID {
    guard let value = node.operand(index) else {
      throw DiagnosticMessage("missing-operand", "operand \(index) is required but absent")
    }
    return value
  }

  private func number(_ value: Double) -> ValueID {
    chain.scalar(value, chain.draft.graph[change].type.element)
  }

  /// The derivatives by the operands; nil for one that has none.
  func parts() throws(DiagnosticMessage) -> [ValueID?] {
    if let parts = try arithmetic() { return parts }
    if let parts = try function() { return parts }
    if let parts = try moving() { return parts }
    throw DiagnosticMessage(
      "gradient-operator",
      "the derivative of \(node.op.name) is not known; Gradient is compiled through arithmetic, MatMul, common functions, "
        + "sums and reshapes")
  }

  private func arithmetic() throws(DiagnosticMessage) -> [ValueID?]? {
    switch node.op {
    case is Add, is Sum: return node.operands.map { _ in change }
    case is Sub: return [change, try chain.node(Neg(), [change])]
    case is Mul:
      return [
        try chain.node(Mul(), [change, operand(1)]), try chain.node(Mul(), [change, operand(0)]),
      ]
    case is Div:
      let first = try chain.node(Div(), [change, operand(1)])
      let ratio = try chain.node(Div(), [operand(0), operand(1)])
      return [first, try chain.node(Neg(), [try chain.node(Mul(), [first, ratio])])]
    case is MatMul:
      let (a, b) = (try operand(0), try operand(1))
      guard chain.draft.graph[a].type.rank == 2, chain.draft.graph[b].type.rank == 2 else {
        return nil
      }
      return [
        try chain.node(MatMul(), [change, try turned(b)]),
        try chain.node(MatMul(), [try turned(a), change]),
      ]
    default: return nil
    }
  }

  private func turned(_ value: ValueID) throws(DiagnosticMessage) -> ValueID {
    try chain.node(Transpose(attributes: ["perm": .ints([1, 0])]), [value])
  }

  private func function() throws(DiagnosticMessage) -> [ValueID?]? {
    guard let x = node.operand(0), let y = node.result, node.operands.count == 1 else { return nil }
    let slope: ValueID
    switch node.op {
    case is Identity: return [change]
    case is Neg: return [try chain.node(Neg(), [change])]
    case is Log: return [try chain.node(Div(), [change, x])]
    case is Exp: slope = y
    case is Sqrt: slope = try chain.node(Div(), [number(0.5), y])
    case is Sin: slope = try chain.node(Cos(), [x])
    case is Cos: slope = try chain.node(Neg(), [try chain.node(Sin(), [x])])
    case is Abs: slope = try chain.node(Sign(), [x])
    case is Reciprocal: slope = try chain.node(Neg(), [try chain.node(Mul(), [y, y])])
    case is Tanh: slope = try chain.node(Sub(), [number(1), try chain.node(Mul(), [y, y])])
    case is Sigmoid:
      slope = try chain.node(Mul(), [y, try chain.node(Sub(), [number(1), y])])
    case is Relu:
      let isOver = try chain.node(Greater(), [x, number(0)])
      return [try chain.node(Where(), [isOver, change, number(0)])]
    default: return nil
    }
    return [try chain.node(Mul(), [change, slope])]
  }

  private func moving() throws(DiagnosticMessage) -> [ValueID?]? {
    guard let x = node.operand(0) else { return nil }
    let type = chain.draft.graph[x].type
    switch node.op {
    case is Reshape, is Flatten, is Squeeze, is Unsqueeze:
      return [try chain.node(Reshape(), [change, chain.indices(type.shape)])]
    case is Transpose:
      let order = node.op.settings.ints("perm") ?? Array((0..<type.rank).reversed())
      let back = order.indices.map { place in order.firstIndex(of: place) ?? place }
      return [try chain.node(Transpose(attributes: ["perm": .ints(back)]), [change])]
    case is ReduceSum, is ReduceMean: return [try spread(over: type)]
    default: return nil
    }
  }

  /// The derivative by the operand of a sum or mean: the same for all elements that were added.
  private func spread(over type: TensorType) throws(DiagnosticMessage) -> ValueID? {
    let given = chain.draft.graph.constant(node.operand(1))?.integers
    guard node.operand(1) == nil || given != nil else {
      throw DiagnosticMessage("unknown-value", "the axes (operand 1) must be known at compile time")
    }
    let isAll = (given ?? []).isEmpty
    if isAll, node.op.settings.int("noop_with_empty_axes") == 1 { return change }
    let axes = try distinctAxes(isAll ? Array(0..<type.rank) : given ?? [], rank: type.rank)
    var kept = type.shape
    for axis in axes { kept[axis] = 1 }
    var value = try chain.node(Reshape(), [change, chain.indices(kept)])
    if node.op is ReduceMean {
      let count = axes.reduce(1) { $0 * type.shape[$1] }
      value = try chain.node(Div(), [value, number(Double(count))])
    }
    return try chain.node(Expand(), [value, chain.indices(type.shape)])
  }

  /// A derivative summed over the axes along which its operand was repeated.
  func summed(_ value: ValueID, to shape: [Int]) throws(DiagnosticMessage) -> ValueID {
    let own = chain.draft.graph[value].type.shape
    if own == shape { return value }
    let lead = own.count - shape.count
    let axes = own.indices.filter { $0 < lead || shape[$0 - lead] == 1 && own[$0] != 1 }
    let sum = axes.isEmpty ? value : try chain.node(ReduceSum(), [value, chain.indices(axes)])
    return try chain.node(Reshape(), [sum, chain.indices(shape)])
  }
}
