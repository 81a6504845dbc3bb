import CoppiceC
@_spi(RawEditing) import CoppiceIR
import CoppiceLowering
import CoppicePassManager

/// Runs a model as a program of this machine, compiled once for all samples and settings.
///
/// The C is that of the generic target, compiled so that it computes the same on every machine.
struct HostEvaluator: ModelEvaluator {
  private let host: HostProgram
  private let outputs: Int
  private let gates: Int
  private let inputs: [TensorType]

  /// Compiles a graph.
  init(_ graph: Graph, _ taps: [ValueID], _ gates: ModelGates) throws(Diagnostics) {
    inputs = graph.inputs.map { graph[$0].type }
    outputs = graph.outputs.count
    self.gates = gates.count
    let gated = GatedGraph(graph, gates)
    var program = gated.graph
    program.setOutputs(program.outputs + taps.map { gated.replaced[$0] ?? $0 })
    let lowered = try lower(program, for: .generic)
    let bytes = program.constantValues.reduce(0) {
      $0 + (program.constant($1)?.type.byteCount ?? 0)
    }
    let options = GenerationOptions(name: "model", weights: bytes > 100_000 ? .blob : .inline)
    do {
      host = try HostProgram(
        generate(lowered, options), lowered.program, name: "model",
        gates: HostGates(count: gates.count, tables: gated.tables), build: .reproducible)
    } catch {
      throw Diagnostics(hostError: error)
    }
  }

  func run(
    _ samples: ModelSamples, gates settings: [GateSetting], _ take: (ModelAnswer) throws -> Void
  ) throws {
    try check(samples, settings)
    do {
      try host.run(samples.inputs, settings) { setting, sample, values in
        try take(
          ModelAnswer(
            setting: setting, sample: sample, outputs: Array(values.prefix(outputs)),
            taps: Array(values.dropFirst(outputs))))
      }
    } catch let fault as HostFault {
      throw fault.diagnostics
    }
  }

  private func check(
    _ samples: ModelSamples, _ settings: [GateSetting]
  ) throws(DiagnosticMessage) {
    for (number, sample) in samples.inputs.enumerated() {
      guard sample.map(\.count) == inputs.map(\.byteCount) else {
        throw DiagnosticMessage("run-inputs", "sample \(number) does not fit the model's inputs")
      }
    }
    guard settings.allSatisfy({ $0.isOn.count == gates }) else {
      throw DiagnosticMessage("run-gates", "a setting does not have the model's \(gates) gates")
    }
  }
}

extension Diagnostics {
  /// What happened on this machine.
  fileprivate init(hostError error: any Error) {
    switch error {
    case let fault as HostFault: self = fault.diagnostics
    case let diagnostics as Diagnostics: self = diagnostics
    case let message as DiagnosticMessage: self.init([Diagnostic(.error, message)])
    default: self.init([Diagnostic(.error, DiagnosticMessage("program-failed", "\(error)"))])
    }
  }
}
