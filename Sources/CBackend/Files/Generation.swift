import CoppiceIR
public import CoppiceLowering

/// Everything that generating the files of one model needs.
struct Generation {
  let program: Program
  let plan: MemoryPlan
  let options: GenerationOptions
  let kernels: KernelTable
  let constants: EmittedConstants

  init(_ model: LoweredModel, _ options: GenerationOptions) {
    program = model.program
    plan = model.plan
    self.options = options
    kernels = KernelTable(
      model.program, model.plan, prefix: options.name, target: options.target)
    constants = EmittedConstants(model.program, kernels.usedBuffers, options)
  }

  var name: String { options.name }
  var macro: String { options.name.uppercased() }
  var isBlob: Bool { options.weights == .blob && !constants.list.isEmpty }
  var isSplit: Bool { options.weights == .split && !constants.list.isEmpty }

  /// Multiply-accumulates of all steps.
  var macs: (dense: Int, nonzero: Int) {
    program.steps.reduce((0, 0)) { ($0.0 + $1.macs.dense, $0.1 + $1.macs.nonzero) }
  }

  /// The parameters of `NAME_run`, in order.
  var parameters: [String] {
    let inputs = program.inputs.enumerated().map { index, input in
      "const \(cName(input.type.element)) *in\(index)"
    }
    let outputs = program.outputs.enumerated().map { index, output in
      "\(cName(output.type.element)) *out\(index)"
    }
    return (options.weights == .blob ? ["const void *weights"] : []) + ["void *arena"] + inputs
      + outputs
  }

  /// The names of the inputs and outputs in calls.
  var arguments: [String] {
    program.inputs.indices.map { "in\($0)" } + program.outputs.indices.map { "out\($0)" }
  }
}

/// What the generated files will be, and what they cost.
public struct GeneratedModel: Sendable {
  /// The files, `NAME.h` first.
  public var files: [GeneratedFile]
  /// Every constant byte emitted.
  public var weightsBytes: Int
  /// The bytes of the same constants, dense.
  public var weightsDenseBytes: Int
  /// Multiply-accumulates with every weight, and with the nonzero ones.
  public var macs: (dense: Int, nonzero: Int)
  /// One row for each constant emitted.
  public var tensors: [TensorReport]
  /// One row for each step.
  public var layers: [LayerReport]
  /// Bytes of the inputs and outputs, which are the caller's.
  public var portBytes: Int
  /// A forecast of the bytes of stack.
  public var stackBytes: Int
  /// A forecast of the bytes of machine code, from the operations of its loops.
  public var codeBytes: Int
}

/// Prints a lowered model as C.
///
/// - Parameters:
///   - model: Kernels and their memory plan.
///   - options: Names, placement of weights, and what the files say of the model.
/// - Returns: The files, the same bytes for the same arguments.
public func generate(_ model: LoweredModel, _ options: GenerationOptions) -> GeneratedModel {
  let generation = Generation(model, options)
  let name = options.name
  var files = [
    GeneratedFile(name: "\(name).h", pieces: [Bytes(generation.header().bytes)]),
    GeneratedFile(name: "\(name).c", pieces: [Bytes(generation.source().bytes)]),
    GeneratedFile(name: "\(name).json", pieces: [Bytes(Array(generation.manifest.utf8))]),
    GeneratedFile(name: "\(name)_selftest.c", pieces: [Bytes(generation.selfTest().bytes)]),
  ]
  switch options.weights {
  case .inline: break
  case .split:
    let text = generation.weightsSource()
    files.append(GeneratedFile(name: "\(name)_weights.c", pieces: [Bytes(text.bytes)]))
  case .blob:
    files.append(GeneratedFile(name: "\(name)_weights.bin", pieces: generation.constants.blob))
  }
  return GeneratedModel(
    files: files, weightsBytes: generation.constants.byteCount,
    weightsDenseBytes: generation.constants.denseByteCount, macs: generation.macs,
    tensors: generation.constants.reports, layers: generation.layers,
    portBytes: generation.portBytes, stackBytes: generation.stackBytes,
    codeBytes: options.target.codeBytes(generation.kernels.operations) + 256)
}
