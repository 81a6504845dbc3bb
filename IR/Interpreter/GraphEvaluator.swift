/// Computes a graph node by node, without lowering it as a whole.
///
/// What the graph means, written down the slow way: the oracle of compiled models, and good for
/// computing single answers, such as those of a self-test. Nodes may be fused or conditional.
public struct GraphEvaluator {
  /// Changes what a node reads: the node, the operand's number, and the operand as it was computed.
  public typealias Reading = (NodeID, Int, Constant) throws(DiagnosticMessage) -> Constant

  private let graph: Graph
  private let uses: UseMap
  private let reading: Reading?

  /// Makes an evaluator.
  ///
  /// - Parameters:
  ///   - graph: What is computed.
  ///   - reading: Changes what nodes read; nothing is changed if none is given.
  public init(_ graph: Graph, reading: Reading? = nil) {
    self.graph = graph
    uses = graph.uses()
    self.reading = reading
  }

  /// Computes the graph's outputs.
  ///
  /// - Parameter inputs: A tensor for each input of the graph, in order.
  /// - Returns: A tensor for each output, in order.
  /// - Throws: As `values`.
  public func outputs(_ inputs: [Constant]) throws(Diagnostic) -> [Constant] {
    try values(graph.outputs, inputs)
  }

  /// Computes some values of the graph.
  ///
  /// - Parameters:
  ///   - wanted: Values of the body, or of blocks in it that are run.
  ///   - inputs: A tensor for each input of the graph, in order.
  /// - Returns: A tensor for each value wanted, in order.
  /// - Throws: `run-inputs` when inputs do not fit, `input-values` when they do not hold what the
  ///   graph was made for, `evaluate` for a value that is never computed, and what
  ///   `Interpreter.evaluate` throws, at the node.
  public func values(
    _ wanted: [ValueID], _ inputs: [Constant]
  ) throws(Diagnostic) -> [Constant] {
    do {
      try check(inputs)
    } catch {
      throw Diagnostic(.error, error, at: .file(graph.source))
    }
    var run = GraphRun(graph: graph, uses: uses, reading: reading, keeping: wanted)
    for (value, constant) in zip(graph.inputs, inputs) { run.set(value, constant) }
    try run.run(graph.body)
    do {
      return try wanted.map { value throws(DiagnosticMessage) in try run.value(value) }
    } catch {
      throw Diagnostic(.error, error, at: .file(graph.source))
    }
  }

  private func check(_ inputs: [Constant]) throws(DiagnosticMessage) {
    guard inputs.count == graph.inputs.count else {
      throw DiagnosticMessage(
        "run-inputs", "the model takes \(graph.inputs.count) inputs, but got \(inputs.count)")
    }
    for (value, input) in zip(graph.inputs, inputs) {
      let (name, type) = (graph[value].name, graph[value].type)
      guard input.type.element == type.element, input.type.shape == type.shape else {
        throw DiagnosticMessage("run-inputs", "input '\(name)' is \(type), but got \(input.type)")
      }
    }
    for assumption in graph.assumptions where !assumption.holds(inputs[assumption.input].numbers) {
      let name = graph[graph.inputs[assumption.input]].name
      throw DiagnosticMessage(
        "input-values", "input '\(name)' must hold \(assumption.words) for \(assumption.node)")
    }
  }
}

/// One evaluation; a value is forgotten after its last reader.
struct GraphRun {
  let graph: Graph
  let reading: GraphEvaluator.Reading?
  var values: [ValueID: Constant] = [:]
  var readers: [ValueID: Int] = [:]
  let uses: UseMap

  init(
    graph: Graph, uses: UseMap, reading: GraphEvaluator.Reading?, keeping wanted: [ValueID]
  ) {
    self.graph = graph
    self.uses = uses
    self.reading = reading
    for value in wanted { readers[value] = .max }
  }

  mutating func set(_ value: ValueID, _ constant: Constant) {
    values[value] = constant
    if readers[value] == nil { readers[value] = uses[value].count }
  }

  func value(_ id: ValueID) throws(DiagnosticMessage) -> Constant {
    guard let constant = values[id] ?? graph.constant(id) else {
      throw DiagnosticMessage("evaluate", "%\(graph[id].name) is not computed")
    }
    return constant
  }

  mutating func run(_ block: BlockID) throws(Diagnostic) {
    for id in graph[block].nodes {
      if graph[id].op is Loop {
        try runTurns(of: id)
        continue
      }
      guard let chosen = try located(id, chosenBlock) else {
        try located(id) { run, id throws(DiagnosticMessage) in try run.evaluate(id) }
        continue
      }
      try run(chosen)
      try located(id) { run, id throws(DiagnosticMessage) in try run.yield(chosen, to: id) }
    }
  }

  mutating func located<Result>(
    _ id: NodeID, _ body: (inout Self, NodeID) throws(DiagnosticMessage) -> Result
  ) throws(Diagnostic) -> Result {
    do {
      return try body(&self, id)
    } catch {
      throw Diagnostic(.error, error, at: graph.location(id))
    }
  }

  private mutating func evaluate(_ id: NodeID) throws(DiagnosticMessage) {
    let node = graph[id]
    var context = graph.inferenceContext(id)
    for (index, operand) in node.operands.enumerated() {
      guard let operand else { continue }
      var read = try value(operand)
      if let reading { read = try reading(id, index, read) }
      context.known[index] = read
      context.operands[index] = read.type
    }
    let results = try Interpreter.evaluate(op: node.op, context: context)
    for (result, constant) in zip(node.results, results) {
      if let result { set(result, constant) }
    }
    for operand in node.operands { forget(operand) }
  }

  private mutating func yield(_ block: BlockID, to id: NodeID) throws(DiagnosticMessage) {
    for (result, yielded) in zip(graph[id].results, graph[block].outputs) {
      if let result { set(result, try value(yielded)) }
    }
    for value in graph[block].outputs + graph[id].operands { forget(value) }
  }

  mutating func forget(_ value: ValueID?) {
    guard let value, let count = readers[value], count < .max else { return }
    readers[value] = count - 1
    if count <= 1 { values[value] = nil }
  }
}

/// The block of a node that is run; `nil` for a node without blocks.
private func chosenBlock(
  _ run: inout GraphRun, _ id: NodeID
) throws(DiagnosticMessage) -> BlockID? {
  let node = run.graph[id]
  switch node.op {
  case _ where node.blocks.isEmpty: return nil
  case is Fused: return node.blocks.first
  case is If:
    guard node.blocks.count == 2, let condition = node.operand(0) else { break }
    return node.blocks[try run.value(condition).number(at: 0) != 0 ? 0 : 1]
  default: break
  }
  throw DiagnosticMessage("unknown-value", "\(node.op.name) has blocks, which are not evaluated")
}
