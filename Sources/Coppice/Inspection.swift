import CoppiceC
public import CoppiceIR
import CoppiceLowering
import CoppiceONNX
import CoppicePassManager

/// What `inspect` says of a model.
public struct Inspection: Sendable {
  /// The model's inputs.
  public let inputs: [(name: String, type: TensorType)]
  /// The model's outputs.
  public let outputs: [(name: String, type: TensorType)]
  /// How often each operator stands in the file, by name.
  public let operators: [(name: String, count: Int)]
  /// Elements of all weights and other constants.
  public let parameters: Int
  /// Sparsity of the constants that are read as weights, as the file has them.
  public let weights: [(name: String, type: TensorType, nonzeros: Int, storage: String)]
  /// The forecast for the pipeline and target.
  public let compiled: CompiledModel
  /// Notes and warnings.
  public let diagnostics: [Diagnostic]

  /// Bytes of the arena.
  public var arenaBytes: Int { compiled.lowered.plan.arenaBytes }
  /// The arena's lower bound in bytes.
  public var arenaLowerBound: Int { compiled.lowered.plan.lowerBound }
  /// Values alive when the arena is fullest.
  public var peak: [(name: String, bytes: Int)] { compiled.lowered.plan.peak }
}

extension Compiler {
  /// Looks into a model and forecasts what it would cost.
  ///
  /// - Parameter path: The model file.
  /// - Returns: Operators, weights, memory and code.
  /// - Throws: Everything that is wrong with the model or not supported.
  public func inspect(_ path: String) throws(Diagnostics) -> Inspection {
    var compiler = self
    compiler.computesSelfTest = false
    let model = try load(path)
    let graph = model.graph
    var counts: [String: Int] = [:]
    for node in graph.allNodes { counts[graph[node].op.name, default: 0] += 1 }
    let uses = graph.uses()
    let parameters = graph.constantValues.reduce(0) { sum, value in
      let type = graph[value].type
      return sum + (type.element.isFloat && !uses[value].isEmpty ? type.count : 0)
    }
    let plain = OptimizedModel(
      graph: graph, pipeline: "", context: .init(), timings: [], diagnostics: [],
      sparsifies: true)
    let compiled = try compiler.compile(model, name: "model", hash: "")
    return Inspection(
      inputs: graph.inputs.map { (graph[$0].name, graph[$0].type) },
      outputs: graph.outputs.map { (graph[$0].name, graph[$0].type) },
      operators: counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) },
      parameters: parameters, weights: plain.weights, compiled: compiled,
      diagnostics: compiled.diagnostics)
  }
}
