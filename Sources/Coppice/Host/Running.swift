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
  private func hostModel(
    _ path: String, passes: String? = nil
  ) throws(Diagnostics) -> CompiledModel {
    var compiler = self
    compiler.options.passes = passes ?? options.passes
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
    interpreting: Bool = false, _ confirm: ([Diagnostic]) throws(Diagnostics) -> Void
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
    let results =
      interpreting ? try interpret(program, tensors) : try compiled(model, program, tensors)
    let set = OutputSet()
    let read = model.optimized.modelFiles + tensorFiles(inputs, "input", program.inputs.count)
    for (index, (bytes, output)) in zip(results, program.outputs).enumerated() {
      let type = TensorType(output.type.element, output.type.shape)
      var tensor = Constant(type, .dense(bytes))
      if let texts = program.texts(ofOutput: index), format == .pb { tensor = tensor.texts(texts) }
      try addTensor(
        tensor, name: output.name, at: "\(outputs)/output_\(index)", as: format, to: set,
        sparing: read)
    }
    try set.commit { () throws(Diagnostics) in try confirm(model.diagnostics) }
    return model.diagnostics
  }

  private func compiled(
    _ model: CompiledModel, _ program: Program, _ tensors: [Bytes]
  ) throws -> [Bytes] {
    watcher.stage("compiling C")
    let host = try HostProgram(model.generated, program, name: model.name)
    watcher.stage("running")
    return try host.run(tensors)
  }

  private func interpret(_ program: Program, _ tensors: [Bytes]) throws -> [Bytes] {
    watcher.stage("interpreting")
    do {
      return try Interpreter.run(program, inputs: tensors)
    } catch {
      throw Diagnostics([Diagnostic(.error, error)])
    }
  }

  /// Compares a model's answers with recorded ones, and beside an approximate pipeline those of the
  /// model without it.
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
    var rows = try compared(model, data)
    if model.optimized.isApproximate {
      let dense = try compared(try hostModel(path, passes: "@default"), data)
      for (index, row) in dense.enumerated() {
        rows[index].dense = row.deviation
        rows[index].isReportedOnly = options.toleratesApproximation
      }
    }
    return (rows, model.diagnostics)
  }

  private func compared(_ model: CompiledModel, _ data: [String]) throws -> [OutputComparison] {
    let program = model.lowered.program
    let vectors = try readVectors(
      data, program.inputs, program.outputs,
      texts: program.outputs.indices.map { program.texts(ofOutput: $0) })
    watcher.stage("compiling C")
    let host = try HostProgram(model.generated, program, name: model.name)
    var rows: [OutputComparison] = []
    for (folder, vector) in vectors {
      watcher.stage("running \(folder)")
      let results = try host.run(vector.inputs)
      for (index, output) in program.outputs.enumerated() {
        rows.append(
          OutputComparison(
            vector: folder, output: output.name, type: output.type,
            got: results[index], expected: vector.outputs[index], tolerance: options.tolerance))
      }
    }
    return rows
  }
}
