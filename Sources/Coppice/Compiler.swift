import CoppiceC
public import CoppiceIR
import CoppiceLowering
public import CoppiceONNX
public import CoppicePassManager
public import CoppicePasses
import Crypto

/// The whole road from a model file to C, as a library call.
///
/// ```swift
/// var options = CompileOptions()
/// options.passes = "@default,prune-magnitude{sparsity=0.8},sparsify"
/// let compiled = try Compiler(options).compile("kws.onnx")
/// try compiled.write(to: "out")
/// ```
public struct Compiler {
  /// What the user wants.
  public var options: CompileOptions
  /// Who is told what happens.
  public var watcher: Watcher
  /// The passes that a pipeline may name; plugins are added when a model is optimized.
  public var registry: PassRegistry
  /// Whether the self-test gets vectors.
  var computesSelfTest = true
  /// What computing answers for the self-test may take.
  package var answerBudget = AnswerBudget()

  /// Makes a compiler.
  ///
  /// - Parameters:
  ///   - options: What the user wants.
  ///   - watcher: Who is told what happens.
  ///   - registry: The passes that a pipeline may name.
  public init(
    _ options: CompileOptions = CompileOptions(), watcher: Watcher = Watcher(),
    registry: PassRegistry = .standard
  ) {
    self.options = options
    self.watcher = watcher
    self.registry = registry
  }

  /// Reads a model.
  ///
  /// - Parameter path: The model file.
  /// - Returns: Its graph, and what is needed to write it back.
  /// - Throws: Everything that is wrong with it.
  public func load(_ path: String) throws(Diagnostics) -> ImportedModel {
    watcher.stage("reading \(path)")
    var model = try ONNXImporter.load(path, options: importOptions)
    if options.portType == .float { model.takeFloats() }
    return model
  }

  /// What the user says about the model.
  var importOptions: ImportOptions {
    ImportOptions(dimensions: options.dimensions, limits: options.limits)
  }

  /// Runs the pipeline on a model.
  ///
  /// - Parameter model: From `load`.
  /// - Returns: The graph, and what the passes say.
  /// - Throws: What is wrong with the pipeline, or what a pass refuses.
  public func optimize(_ model: ImportedModel) throws(Diagnostics) -> OptimizedModel {
    var optimized = try optimize(model.graph, model.diagnostics)
    optimized.modelFiles = model.paths
    return optimized
  }

  /// Parses a pipeline, of plugins' passes too.
  func resolve(_ passes: String) throws(Diagnostics) -> ResolvedPipeline {
    var registry = registry
    for plugin in options.plugins {
      do {
        try PluginLoader.load(plugin, into: &registry)
      } catch {
        throw Diagnostics([Diagnostic(.error, error)])
      }
    }
    return try registry.resolve(passes)
  }

  /// Runs the pipeline on a graph, whose diagnostics come first.
  func optimize(
    _ graph: Graph, _ diagnostics: [Diagnostic]
  ) throws(Diagnostics) -> OptimizedModel {
    let pipeline = try resolve(options.passes)
    let files = PassFiles()
    var services = PassServices.host
    services.openTensors = files.open
    services.readText = files.read
    let states = OpenedStates()
    services.openState = states.open
    services.progress = watcher.progress
    let timer = PassTimer()
    var observers: [any PassObserver] = [timer, StageObserver(watcher.stage)]
    if let print = watcher.changedGraph { observers.append(ChangePrinter(print: print)) }
    services.storages = StoragePlanner(options.target)
    services.requantization = options.requantization ?? .fast
    guard options.requantization == nil || pipeline.passNames.contains("fold-quantization") else {
      let message = DiagnosticMessage(
        "requantize-unused",
        "--requantize is for fold-quantization, which is not in the pipeline \(pipeline.text)")
      throw Diagnostics([Diagnostic(.error, message)])
    }
    var context = PassContext(
      services: services, maxRewrites: options.maxRewrites,
      foldedWork: options.limits.foldedWork, audits: options.audit != nil)
    let manager = PassManager(verifiesEach: options.verifiesEach, observers: observers)
    var graph = graph
    try manager.run(pipeline, on: &graph, &context)
    var optimized = OptimizedModel(
      graph: graph, pipeline: pipeline.text, context: context, timings: timer.rows,
      diagnostics: diagnostics + context.diagnostics,
      sparsifies: pipeline.passNames.contains("sparsify"))
    optimized.isApproximate = pipeline.isApproximate
    optimized.auditPath = options.audit
    optimized.otherFiles = options.plugins + files.paths + states.paths
    return optimized
  }

  /// Compiles a model file to C in memory.
  ///
  /// - Parameter path: The model file.
  /// - Returns: The files and what they cost.
  /// - Throws: Why the model, the pipeline or a budget refuses.
  public func compile(_ path: String) throws(Diagnostics) -> CompiledModel {
    let model = try load(path)
    return try compile(model, name: symbolName(path), hash: sha256(model.file))
  }

  /// Compiles a model that was read.
  ///
  /// - Parameters:
  ///   - model: From `load`.
  ///   - name: The prefix of symbols and files.
  ///   - hash: The model file's SHA-256.
  /// - Returns: The files and what they cost.
  /// - Throws: Why the model, the pipeline or a budget refuses.
  public func compile(
    _ model: ImportedModel, name: String, hash: String
  ) throws(Diagnostics) -> CompiledModel {
    let optimized = try optimize(model)
    watcher.stage("lowering")
    let (lowered, target) = try lowered(optimized.graph)
    watcher.stage("printing C")
    var generation = GenerationOptions(
      name: name, weights: options.weights ?? .inline, target: options.target, modelHash: hash,
      pipeline: optimized.pipeline, toolVersion: coppiceVersion,
      tensors: optimized.tensorReports, tolerance: options.tolerance)
    let test = computesSelfTest ? try selfTest(optimized, lowered) : SelfTestPlan()
    generation.vectors = test.vectors
    generation.answers = test.answers
    generation.quantization = QuantizationSummary(
      model.graph, optimized.graph,
      reasons: optimized.context.results(of: KeptInFloat.self).last?.reasons ?? [:])
    let generated = generate(lowered, generation)
    var compiled = CompiledModel(
      name: name, optimized: optimized, lowered: lowered, generated: generated,
      remarks: test.diagnostics + floatRemarks(generation.quantization, model, optimized))
    if options.explains { compiled.plans = explain(optimized.graph, for: target) }
    try check(compiled, of: model)
    return compiled
  }

  /// Refuses what takes more memory than allowed.
  func check(_ compiled: CompiledModel, of model: ImportedModel) throws(Diagnostics) {
    try compiled.checkBudgets(ram: options.ramLimit, flash: options.flashLimit) { passes in
      flashBytes(of: model, under: passes)
    }
  }

  /// A compiler that forecasts: without budgets and self-test.
  var forecaster: Compiler {
    var compiler = self
    compiler.computesSelfTest = false
    compiler.options.ramLimit = nil
    compiler.options.flashLimit = nil
    return compiler
  }

  /// The bytes of constants and code under another pipeline; `nil` for a large model, and where passes
  /// measure on samples.
  private func flashBytes(of model: ImportedModel, under passes: String) -> Int? {
    guard model.graph.parameters <= Self.mostTriedParameters,
      let names = try? resolve(passes).passNames,
      !names.contains(where: {
        registry.pass($0)?.info.options.contains { $0.name == "data" } ?? true
      })
    else { return nil }
    var compiler = forecaster
    compiler.watcher = Watcher()
    compiler.options.passes = passes
    compiler.options.explains = false
    compiler.options.audit = nil
    compiler.options.maxRewrites = nil
    return try? compiler.compile(model, name: "model", hash: "").flashBytes
  }

  /// A model of more is not compiled again for advice.
  private static let mostTriedParameters = 4_000_000

  /// Lowers a graph, with less memory beside activations where the budget asks for it: less for
  /// widened ones first, then for every kernel what its operands and results leave.
  ///
  /// - Returns: The most memory that keeps the budget; the least where none does.
  private func lowered(_ graph: Graph) throws(Diagnostics) -> (LoweredModel, Target) {
    var target = options.target
    var model = try lower(graph, for: target, limits: options.limits)
    guard let limit = options.ramLimit else { return (model, target) }
    if model.plan.arenaBytes > limit, target.hasPackedIntegers, graph.hasBytes {
      for memory in Self.bandSizes where model.plan.arenaBytes > limit {
        target.bandMemory = memory
        model = try lower(graph, for: target, limits: options.limits)
      }
    }
    // What else is alive beside a kernel shows in how much the arena is too large.
    var (memory, factor) = (limit, 1)
    while model.plan.arenaBytes > limit, memory >= 0 {
      target.stepMemory = memory
      model = try lower(graph, for: target, limits: options.limits)
      let excess = (model.plan.arenaBytes - limit) * factor
      memory = memory == 0 ? -1 : max(0, memory - excess)
      factor *= 2
    }
    return (model, target)
  }

  /// Bytes for bands of widened activations, from plenty down.
  private static let bandSizes = (8...14).reversed().map { 1 << $0 }

  /// A note of what a quantized model computes in floats, and what that costs.
  private func floatRemarks(
    _ summary: QuantizationSummary?, _ model: ImportedModel, _ optimized: OptimizedModel
  ) -> [Diagnostic] {
    guard let summary, summary.arithmetic != .int8, !summary.floatSteps.isEmpty else { return [] }
    let converters = options.portType == .float ? optimized.graph.portConverters : []
    let steps = summary.floatSteps.filter { !converters.contains($0.name) }
    if steps.isEmpty { return [] }
    var text = "\(steps.count) steps of the quantized model compute in float32"
    if let bytes = optimized.graph.unfoldedWeights(since: model.graph) {
      text += "; weights of \(bytes.integers) bytes take \(bytes.floats) as floats"
    }
    var message = DiagnosticMessage("quantized-float", text)
    message.notes = steps.prefix(8).map { "'\($0.name)': \($0.reason)" }
    if steps.count > 8 { message.notes.append("and \(steps.count - 8) more: see float_steps") }
    return [Diagnostic(.note, message)]
  }

  /// The prefix of symbols: as the user says, or from the file's name.
  ///
  /// - Parameter path: The model file.
  /// - Returns: A C identifier.
  /// - Throws: `name` when the user's is none.
  public func symbolName(_ path: String) throws(Diagnostics) -> String {
    if !options.name.isEmpty {
      guard isModelName(options.name) else {
        let message = DiagnosticMessage(
          "name",
          "'\(options.name)' cannot start C symbols: use letters, digits and _, starting with a "
            + "letter, and no word that C reserves")
        throw Diagnostics([Diagnostic(.error, message)])
      }
      return options.name
    }
    let file = path.split(separator: "/").last.map(String.init) ?? "model"
    let stem = file.split(separator: ".").first.map(String.init) ?? file
    let word = String(stem.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    return isModelName(word) ? word : "model_" + word.prefix(50)
  }
}

extension Graph {
  /// Whether a node reads integers of 8 bits.
  fileprivate var hasBytes: Bool {
    nodes.contains { node in
      self[node].operands.contains { value in
        guard let value else { return false }
        return self[value].type.element == .int8 || self[value].type.element == .uint8
      }
    }
  }
}

/// The SHA-256 of bytes, in hexadecimal.
func sha256(_ bytes: Bytes) -> String {
  var hash = SHA256()
  bytes.withUnsafeBytes { hash.update(bufferPointer: $0) }
  return hash.finalize().map { byte in
    let text = String(byte, radix: 16)
    return text.count == 1 ? "0" + text : text
  }.joined()
}

/// Tells a watcher which pass runs.
private final class StageObserver: PassObserver {
  private let tell: (String) -> Void

  init(_ tell: @escaping (String) -> Void) { self.tell = tell }

  func willRun(_ pass: String, index: Int, on graph: Graph) { tell(pass) }
  func didRun(_ run: PassRun, before: Graph, after: Graph) {}
}
