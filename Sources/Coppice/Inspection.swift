import CoppiceC
package import CoppiceFiles
public import CoppiceIR
import CoppiceLowering
public import CoppiceONNX
import CoppicePassManager

/// What `inspect` says of a model: all that can be told, and why the rest cannot.
public struct Inspection: Sendable {
  /// The model's inputs.
  public let inputs: [ModelSurvey.Port]
  /// The model's outputs.
  public let outputs: [ModelSurvey.Port]
  /// How often each operator stands in the file, by name.
  public let operators: [(name: String, count: Int)]
  /// Elements of all weights and float constants, as the file has them.
  public let parameters: Int
  /// Sparsity of the constants that are read as weights, as the file has them.
  public let weights: [(name: String, type: TensorType, nonzeros: Int)]
  /// The forecast for the pipeline and target; `nil` when the model is refused before there is one.
  public let compiled: CompiledModel?
  /// Notes and warnings, and the errors that refuse the model.
  public let diagnostics: [Diagnostic]

  /// Elements of all weights and float constants after the pipeline; `nil` without a forecast.
  public var parametersAfter: Int? { compiled.map { $0.optimized.graph.parameters } }

  /// The weights after the pipeline, with the bytes that were emitted for them.
  public var weightsAfter: [CompiledWeight] {
    guard let compiled else { return [] }
    let bytes = Dictionary(compiled.generated.tensors.map { ($0.name, $0.bytes) }) { $0 + $1 }
    return compiled.optimized.weights.map {
      CompiledWeight(
        name: $0.name, type: $0.type, nonzeros: $0.nonzeros, storage: $0.storage,
        bytes: bytes[$0.name] ?? 0)
    }
  }

  /// Whether the model, the pipeline or a budget is refused.
  public var isRefused: Bool { diagnostics.contains { $0.severity == .error } }
}

/// A weight as it is compiled.
public struct CompiledWeight: Sendable {
  /// The name in the model.
  public let name: String
  /// Its type after the pipeline.
  public let type: TensorType
  /// Elements that are not zero, or not what stands for zero.
  public let nonzeros: Int
  /// The name of its storage.
  public let storage: String
  /// Bytes as emitted; 0 where lowering made another tensor of it.
  public let bytes: Int
}

extension Compiler {
  /// Looks into a model and forecasts what it would cost.
  ///
  /// - Parameter path: The model file.
  /// - Returns: Operators, weights, memory and code; errors are among its diagnostics.
  /// - Throws: Why the file cannot be decoded at all.
  public func inspect(_ path: String) throws(Diagnostics) -> Inspection {
    try inspect(try ONNXImporter.opened(path))
  }

  /// Looks into a model file that is open.
  package func inspect(_ file: InputFile) throws(Diagnostics) -> Inspection {
    watcher.stage("reading \(file.path)")
    do {
      return inspection(of: try imported(file))
    } catch {
      return Inspection(try ONNXImporter.survey(file), error.all)
    }
  }

  /// Looks into a model file that is open, without the forecast.
  package func look(_ file: InputFile) throws(Diagnostics) -> Inspection {
    do {
      let model = try imported(file)
      return Inspection(model.graph, nil, model.diagnostics)
    } catch {
      return Inspection(try ONNXImporter.survey(file), error.all)
    }
  }

  private func imported(_ file: InputFile) throws(Diagnostics) -> ImportedModel {
    var model = try ONNXImporter.load(file, options: importOptions)
    if options.portType == .float { model.takeFloats() }
    return model
  }

  private func inspection(of model: ImportedModel) -> Inspection {
    var compiled: CompiledModel?
    var diagnostics: [Diagnostic] = []
    do {
      let forecast = try forecaster.compile(model, name: "model", hash: "")
      compiled = forecast
      diagnostics = forecast.diagnostics
      try check(forecast, of: model)
    } catch {
      if compiled == nil { diagnostics = model.diagnostics }
      diagnostics += error.all
    }
    return Inspection(model.graph, compiled, diagnostics)
  }
}

extension Inspection {
  /// What an imported model shows.
  fileprivate init(_ graph: Graph, _ compiled: CompiledModel?, _ diagnostics: [Diagnostic]) {
    var counts: [String: Int] = [:]
    for node in graph.allNodes { counts[graph[node].op.name, default: 0] += 1 }
    let plain = OptimizedModel(
      graph: graph, pipeline: "", context: .init(), timings: [], diagnostics: [],
      sparsifies: true)
    self.init(
      inputs: graph.inputs.map { ModelSurvey.Port(graph[$0].name, graph[$0].type) },
      outputs: graph.outputs.map { ModelSurvey.Port(graph[$0].name, graph[$0].type) },
      operators: counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) },
      parameters: graph.parameters,
      weights: plain.weights.map { ($0.name, $0.type, $0.nonzeros) }, compiled: compiled,
      diagnostics: diagnostics)
  }

  /// What the file of a refused model shows: its tensors of numbers of rank 2 or more count as weights.
  fileprivate init(_ survey: ModelSurvey, _ diagnostics: [Diagnostic]) {
    let numbers = survey.initializers.filter { $0.constant.type.isParameter }
    self.init(
      inputs: survey.inputs, outputs: survey.outputs, operators: survey.operators,
      parameters: numbers.reduce(0) { $0 + $1.constant.type.count },
      weights: numbers.filter { $0.constant.type.rank >= 2 }.map {
        ($0.name, $0.constant.type, $0.constant.nonzeroCount)
      }, compiled: nil, diagnostics: diagnostics)
  }
}

extension Graph {
  /// Elements of all weights and of the other float constants that somebody reads.
  var parameters: Int {
    let (uses, weights) = (self.uses(), Set(weights().map(\.value)))
    return constantValues.reduce(0) { sum, value in
      let type = self[value].type
      let counts = type.element.isFloat && !uses[value].isEmpty || weights.contains(value)
      return sum + (counts ? type.count : 0)
    }
  }
}

extension TensorType {
  /// Whether a tensor of a file that nobody understands may be parameters: floats, or quantised numbers.
  fileprivate var isParameter: Bool {
    element.isFloat || element.bits <= 8 && element != .bool && rank >= 2
  }
}

extension ModelSurvey.Port {
  /// The port of an imported model.
  fileprivate init(_ name: String, _ type: TensorType) {
    self.init(name: name, element: type.element, shape: type.shape.map(String.init))
  }
}
