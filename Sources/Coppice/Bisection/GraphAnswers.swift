import CoppiceC
import CoppiceIR
import CoppiceLowering

/// What a graph answers to any number of inputs.
///
/// The interpreter answers where that is soon done, else the host's C compiler, which is asked once.
struct GraphAnswers {
  private enum Source {
    case interpreter(GraphEvaluator)
    case host(Answering)
  }

  private let graph: Graph
  private let source: Source
  /// Multiply-accumulates that the interpreter does while a C compiler works.
  static let interpretedWork = 4_000_000

  /// Prepares a graph.
  ///
  /// - Parameters:
  ///   - graph: What is asked.
  ///   - compiler: Its limits are kept.
  ///   - interpreted: Whether the interpreter is asked; by the work it takes if `nil`.
  /// - Throws: Why the graph cannot be lowered.
  init(_ graph: Graph, _ compiler: Compiler, interpreted: Bool?) throws(Diagnostics) {
    self.graph = graph
    if interpreted ?? Self.isSoonInterpreted(graph, compiler) {
      source = .interpreter(GraphEvaluator(graph))
      return
    }
    var budget = compiler.answerBudget
    budget.work = 0
    let options = compiler.options
    source = .host(
      try Answering(
        graph, nil, options.limits, options.tolerance, budget: budget, build: .hasty))
  }

  /// Whether the interpreter is done before a C compiler would be, or there is none.
  static func isSoonInterpreted(_ graph: Graph, _ compiler: Compiler) -> Bool {
    let work = graph.allNodes.reduce(0) { $0 + graph.macs(of: $1).dense }
    return work <= min(interpretedWork, compiler.answerBudget.work)
      || work <= compiler.answerBudget.work && !HostCompiler.isThere
  }

  /// Answers once.
  ///
  /// - Parameter inputs: The elements of each input.
  /// - Returns: Those of each output.
  /// - Throws: What the interpreter or the host throws.
  func outputs(_ inputs: [Bytes]) throws -> [Bytes] {
    switch source {
    case .interpreter(let evaluator):
      let constants = zip(graph.inputs, inputs).map { Constant(graph[$0].type, .dense($1)) }
      return try evaluator.outputs(constants).map(\.dense)
    case .host(let answering):
      return try answering.answered(TestVector(inputs: inputs, outputs: [])).outputs
    }
  }
}
