import CoppiceC
public import CoppiceIR
import CoppiceLowering
import CoppiceONNX

/// What the user wants measured.
public struct BenchOptions: Sendable {
  /// The pipelines that are compared, the first with all others.
  public var pipelines = ["@default"]
  /// Whether onnxruntime runs the model as it is in the same run, on one thread.
  public var includesRuntime = false
  /// How often each contender has its turn.
  public var rounds = 15
  /// A folder whose first recorded vector is the input; noise if none is given.
  public var data: String?

  /// Makes the default options.
  public init() {}
}

/// Contenders that took turns in one run.
public struct Benchmark: Sendable {
  /// What is counted.
  public enum Unit: String, Sendable {
    /// Time of this machine.
    case nanoseconds
    /// Instructions of an emulated core, exact.
    case instructions
  }

  /// A pipeline, or another program that runs the model.
  public struct Contender: Sendable {
    /// The pipeline, or the program's name.
    public let name: String
    /// The cost of one inference in each round.
    public internal(set) var costs: [Double] = []
    /// The bytes of constants, of the arena, and of machine code as forecast; `nil` of other programs.
    public internal(set) var bytes: (constants: Int, arena: Int, code: Int)?
    /// Multiply-accumulates with every weight, and with the nonzero ones.
    public internal(set) var macs: (dense: Int, nonzero: Int) = (0, 0)

    /// The median cost.
    public var cost: Double { median(costs) }
  }

  /// A step of the generated C, with its cost for each contender that has it.
  public struct Layer: Sendable {
    /// The nodes that it computes.
    public let name: String
    /// Median costs, in the order of the contenders.
    public internal(set) var costs: [Double?]
  }

  /// What is counted.
  public let unit: Unit
  /// The target's name.
  public let target: String
  /// Who took turns.
  public internal(set) var contenders: [Contender]
  /// The steps, in the order of the first contender.
  public internal(set) var layers: [Layer] = []
  /// Notes and warnings.
  public internal(set) var diagnostics: [Diagnostic] = []

  /// The median over the rounds of the first contender's cost by another's: above 1 where the other
  /// is faster.
  ///
  /// - Parameter index: Of `contenders`.
  /// - Returns: The ratio.
  public func gain(_ index: Int) -> Double {
    median(zip(contenders[0].costs, contenders[index].costs).map { $1 == 0 ? 1 : $0 / $1 })
  }
}

/// The middle of some numbers; the lower one of an even count, 0 of none.
func median(_ numbers: [Double]) -> Double {
  numbers.isEmpty ? 0 : numbers.sorted()[(numbers.count - 1) / 2]
}

extension Compiler {
  /// Measures a model under several pipelines, in turn.
  ///
  /// With the target of this machine the C is compiled with `-O3 -march=native` and timed; with that
  /// of a Cortex-M core, QEMU counts its instructions.
  ///
  /// - Parameters:
  ///   - path: The model file.
  ///   - wanted: What is compared.
  /// - Returns: Costs in total and by layer.
  /// - Throws: `Diagnostics`, or `HostFault`; `bench-target` for a target that neither runs here nor in
  ///   QEMU, `bench-against` for onnxruntime beside an emulated core.
  public func bench(_ path: String, _ wanted: BenchOptions) throws -> Benchmark {
    let core = EmulatedCore(options.target)
    guard core != nil || options.target == Self.hostTarget || options.target == .generic else {
      throw DiagnosticMessage(
        "bench-target", "\(options.target.name) code neither runs on this machine nor in QEMU",
        notes: ["give \(Self.hostTarget.name), \(EmulatedCore.names)"])
    }
    if core != nil, wanted.includesRuntime {
      throw DiagnosticMessage(
        "bench-against", "onnxruntime does not run on \(options.target.name)",
        notes: ["leave --against out, or give the target of this machine"])
    }
    let models = try compiled(path, wanted, isHost: core == nil)
    let inputs = try benchInputs(models[0], wanted)
    if let core { return try CoreBench(core, models, wanted, watcher).run(inputs) }
    let bench = HostBench(models, wanted, target: options.target.name, watcher)
    return try bench.run(path, inputs)
  }

  private func compiled(
    _ path: String, _ wanted: BenchOptions, isHost: Bool
  ) throws(Diagnostics) -> [CompiledModel] {
    let model = try load(path)
    let bytes = model.graph.constantValues.reduce(0) {
      $0 + (model.graph.constant($1)?.type.byteCount ?? 0)
    }
    var compiler = self
    compiler.computesSelfTest = false
    compiler.options.vectors = []
    compiler.options.weights = isHost && bytes > 4_000_000 ? .blob : .inline
    var models: [CompiledModel] = []
    for (index, pipeline) in wanted.pipelines.enumerated() {
      compiler.options.passes = pipeline
      models.append(try compiler.compile(model, name: "b\(index)", hash: ""))
    }
    return models
  }

  private func benchInputs(
    _ model: CompiledModel, _ wanted: BenchOptions
  ) throws(Diagnostics) -> [Bytes] {
    let program = model.lowered.program
    guard let data = wanted.data else { return program.vector(.weak).inputs }
    let vectors = try readVectors([data], program.inputs, program.outputs)
    return vectors.first?.vector.inputs ?? program.vector(.weak).inputs
  }
}

extension CompiledModel {
  /// The model as one that takes part.
  var contender: Benchmark.Contender {
    var contender = Benchmark.Contender(name: optimized.pipeline)
    contender.bytes = (generated.weightsBytes, lowered.plan.arenaBytes, codeEstimate)
    contender.macs = generated.macs
    return contender
  }

  /// What is the same in the C of several pipelines: the nodes of each step.
  var stepNames: [String] { lowered.program.steps.map { $0.nodes.joined(separator: " + ") } }
}

extension Benchmark {
  /// Lines up the steps of all contenders by the first node that they compute.
  ///
  /// - Parameters:
  ///   - names: The steps of each compiled contender.
  ///   - costs: What they cost.
  mutating func setLayers(_ names: [[String]], _ costs: [[Double]]) {
    func key(_ name: String) -> Substring { name.split(separator: " + ").first ?? "" }
    var places: [Substring: Int] = [:]
    for (contender, steps) in names.enumerated() {
      for (step, name) in steps.enumerated() {
        let place = places[key(name)] ?? layers.count
        if place == layers.count {
          places[key(name)] = place
          layers.append(
            Layer(name: name, costs: Array(repeating: nil, count: contenders.count)))
        }
        let before = layers[place].costs[contender] ?? 0
        layers[place].costs[contender] = before + costs[contender][step]
      }
    }
  }
}
