import CoppiceIR

/// Computes a graph node by node with the interpreter; fused nodes by their blocks.
struct GraphEvaluator {
  private let graph: Graph
  private var values: [ValueID: Constant] = [:]

  /// The outputs for some inputs, in order.
  static func outputs(of graph: Graph, _ inputs: [Constant]) throws -> [Constant] {
    var evaluator = GraphEvaluator(graph: graph)
    for (value, constant) in zip(graph.inputs, inputs) { evaluator.values[value] = constant }
    try evaluator.run(graph.body)
    return try graph.outputs.map(evaluator.value)
  }

  private init(graph: Graph) { self.graph = graph }

  private mutating func run(_ block: BlockID) throws {
    for id in graph[block].nodes {
      let node = graph[id]
      if node.op is Fused, let inner = node.blocks.first {
        try run(inner)
        if let result = node.result, let yielded = graph[inner].outputs.first {
          values[result] = try value(yielded)
        }
        continue
      }
      var context = graph.inferenceContext(id)
      context.known = try node.operands.map { try $0.map(value) }
      let results = try Interpreter.evaluate(op: node.op, context: context)
      for (result, constant) in zip(node.results, results) {
        if let result { values[result] = constant }
      }
    }
  }

  private func value(_ id: ValueID) throws -> Constant {
    guard let constant = values[id] ?? graph.constant(id) else {
      throw DiagnosticMessage("evaluate", "%\(graph[id].name) was not computed")
    }
    return constant
  }

  /// Numbers from -2 to 2 that are the same in every run.
  static func inputs(of graph: Graph) -> [Constant] {
    var state: UInt64 = 42
    return graph.inputs.map { value in
      let type = graph[value].type
      let numbers = (0..<type.count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(state >> 33) / Double(1 << 31) * 4 - 2
      }
      let bytes = numbers.flatMap { number in
        Bytes.number(number, type.element).array(of: UInt8.self)
      }
      return Constant(type, .dense(Bytes(bytes)))
    }
  }
}
