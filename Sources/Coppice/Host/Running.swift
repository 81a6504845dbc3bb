import CoppiceC
public import CoppiceIR
public import CoppiceLowering
import CoppiceONNX

extension Compiler {
  /// What code for this machine is compiled for.
  public static var hostTarget: Target {
    #if arch(x86_64)
      .x86
    #elseif arch(arm64)
      .aarch64
    #else
      .generic
    #endif
  }

  /// Compiles a model for this machine; large weights stay out of the C compiler.
  private func hostModel(_ path: String) throws(Diagnostics) -> CompiledModel {
    var compiler = self
    let model = try load(path)
    let bytes = model.graph.constantValues.reduce(0) {
      $0 + (model.graph.constant($1)?.type.byteCount ?? 0)
    }
    compiler.options.weights = options.weights ?? (bytes > 100_000 ? .blob : .inline)
    compiler.options.vectors = []
    compiler.computesSelfTest = false
    return try compiler.compile(model, name: "model", hash: "")
  }

  /// Runs a model on tensors in files.
  ///
  /// - Parameters:
  ///   - path: The model file.
  ///   - inputs: The folder with `input_K.pb` or `input_K.npy`.
  ///   - outputs: The folder that takes `output_K`; created when it is not there.
  ///   - format: The format of the outputs.
  /// - Returns: Notes and warnings.
  /// - Throws: `Diagnostics`, or `HostFault`.
  public func run(
    _ path: String, inputs: String, outputs: String, format: TensorFormat
  ) throws -> [Diagnostic] {
    try run(path, inputs: inputs, outputs: outputs, format: format) { _ in }
  }

  /// Runs as above; if `confirm` throws when the outputs are in place, there are none.
  @discardableResult
  package func run(
    _ path: String, inputs: String, outputs: String, format: TensorFormat,
    _ confirm: ([Diagnostic]) throws(Diagnostics) -> Void
  ) throws -> [Diagnostic] {
    let model = try hostModel(path)
    let program = model.lowered.program
    var tensors: [Bytes] = []
    let problems =
      collected { () throws(Diagnostics) in
        tensors = try readTensors(inputs, "input", program.inputs, prefer: format)
      }
      + collected { () throws(Diagnostics) in try checkOutputFolder(outputs) }
    if !problems.isEmpty { throw Diagnostics(problems) }
    watcher.stage("compiling C")
    let host = try HostProgram(model.generated, program, name: model.name)
    watcher.stage("running")
    let results = try host.run(tensors)
    let set = OutputSet()
    let read = model.optimized.modelFiles + tensorFiles(inputs, "input", program.inputs.count)
    for (index, (bytes, output)) in zip(results, program.outputs).enumerated() {
      let type = TensorType(output.type.element, output.type.shape)
      try addTensor(
        Constant(type, .dense(bytes)), name: output.name, at: "\(outputs)/output_\(index)",
        as: format, to: set, sparing: read)
    }
    try set.commit { () throws(Diagnostics) in try confirm(model.diagnostics) }
    return model.diagnostics
  }

  /// Compares a model's answers with recorded ones.
  ///
  /// - Parameters:
  ///   - path: The model file.
  ///   - data: Folders with `input_K.pb` and `output_K.pb`, or with `test_data_set_K` folders.
  /// - Returns: One row for each output of each vector, and notes and warnings.
  /// - Throws: `Diagnostics`, or `HostFault`.
  public func check(
    _ path: String, data: [String]
  ) throws -> (rows: [OutputComparison], diagnostics: [Diagnostic]) {
    let model = try hostModel(path)
    let program = model.lowered.program
    let vectors = try readVectors(data, program.inputs, program.outputs)
    watcher.stage("compiling C")
    let host = try HostProgram(model.generated, program, name: model.name)
    var rows: [OutputComparison] = []
    for (folder, vector) in vectors {
      watcher.stage("running \(folder)")
      let results = try host.run(vector.inputs)
      for (index, output) in program.outputs.enumerated() {
        rows.append(
          OutputComparison(
            vector: folder, output: output.name, element: output.type.element,
            got: results[index], expected: vector.outputs[index], tolerance: options.tolerance))
      }
    }
    return (rows, model.diagnostics)
  }
}

/// How far an output is from the recorded one.
public struct OutputComparison: Sendable {
  /// The vector's folder.
  public let vector: String
  /// The output's name.
  public let output: String
  /// The largest difference of two elements.
  public let largestDifference: Double
  /// The largest difference as a part of the largest recorded element.
  public let relativeDifference: Double
  /// Whether the output is within the tolerance.
  public let isClose: Bool

  init(
    vector: String, output: String, element: ElementType, got: Bytes, expected: Bytes,
    tolerance: Double
  ) {
    self.vector = vector
    self.output = output
    var (difference, largest, isOdd) = (0.0, 0.0, false)
    let count = element.bits == 0 ? 0 : expected.count * 8 / element.bits
    for index in 0..<count {
      let (a, b) = (got.number(at: index, element), expected.number(at: index, element))
      if a == b || (a.isNaN && b.isNaN) {
        if b.isFinite { largest = max(largest, abs(b)) }
        continue
      }
      guard a.isFinite, b.isFinite else {
        isOdd = true
        continue
      }
      largest = max(largest, abs(b))
      difference = max(difference, abs(a - b))
    }
    largestDifference = isOdd ? .infinity : difference
    relativeDifference = difference == 0 ? 0 : difference / (largest == 0 ? 1 : largest)
    switch element {
    case .int8, .uint8: isClose = !isOdd && difference <= 1
    case _ where element.isFloat:
      isClose = !isOdd && (relativeDifference <= tolerance || difference <= 1e-7)
    default: isClose = difference == 0
    }
  }
}
