import CoppiceIR
import CoppicePassManager

/// Which of the graph's inputs each output depends on, as far as whole weights of zeros tell.
struct InputDependencies {
  private let outputs: [Set<ValueID>]

  init(_ graph: Graph) {
    var tracer = DependencyTracer(graph: graph)
    for input in graph.inputs { tracer.dependencies[input] = [input] }
    tracer.trace(graph.body)
    outputs = graph.outputs.map { tracer.dependencies[$0, default: []] }
  }

  /// Warns of each output that depended on an input here and does not in the graph as it is now.
  func warnOfLost(in graph: Graph, _ context: inout PassContext) {
    let now = InputDependencies(graph)
    for (index, output) in graph.outputs.enumerated() {
      let lost = outputs[index].subtracting(now.outputs[index])
      for input in graph.inputs where lost.contains(input) {
        context.warn(
          DiagnosticMessage(
            "prune-disconnected",
            "the output '\(graph[output].name)' no longer depends on '\(graph[input].name)'",
            notes: ["prune less, rank with scope=local, or leave a layer out with only{...}"]))
      }
    }
  }
}

private struct DependencyTracer {
  let graph: Graph
  var dependencies: [ValueID: Set<ValueID>] = [:]
  private var zeros: [ValueID: Bool] = [:]

  init(graph: Graph) { self.graph = graph }

  mutating func trace(_ block: BlockID) {
    for id in graph[block].nodes {
      let found = traceNode(id)
      for result in graph[id].results.compactMap({ $0 }) { dependencies[result] = found }
    }
  }

  private mutating func traceNode(_ id: NodeID) -> Set<ValueID> {
    let node = graph[id]
    let silent = silencedOperands(id)
    var found: Set<ValueID> = []
    for (index, operand) in node.operands.enumerated() where !silent.contains(index) {
      if let operand { found.formUnion(dependencies[operand, default: []]) }
    }
    for block in node.blocks {
      for input in graph[block].inputs { dependencies[input] = found }
      trace(block)
      for output in graph[block].outputs { found.formUnion(dependencies[output, default: []]) }
    }
    return found
  }

  /// The operands that a weight of zeros keeps from having any effect.
  private mutating func silencedOperands(_ id: NodeID) -> Set<Int> {
    var silent: Set<Int> = []
    for reading in graph.linearReadings(id) where isZero(graph[id].operand(reading.operand)) {
      silent.formUnion(reading.silenced)
    }
    return silent
  }

  private mutating func isZero(_ value: ValueID?) -> Bool {
    guard let value = value.map({ graph.carried($0).source }),
      let constant = graph.constant(value), constant.type.element.isFloat
    else { return false }
    if let known = zeros[value] { return known }
    let isZero = constant.isAllZero
    zeros[value] = isZero
    return isZero
  }
}

extension Constant {
  /// Whether every element is a zero; seldom has to look at more than the first few.
  fileprivate var isAllZero: Bool {
    let bytes = dense
    return !(0..<type.count).contains { bytes.number(at: $0, type.element) != 0 }
  }
}
