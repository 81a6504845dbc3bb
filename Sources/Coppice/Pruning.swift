public import CoppiceIR
import CoppiceONNX

extension Compiler {
  /// Runs a pipeline on a model and writes the model back as ONNX.
  ///
  /// - Parameters:
  ///   - path: The model file.
  ///   - output: The file to write.
  ///   - masks: A safetensors file that takes a mask of 0 and 1 for each weight, under the names and in
  ///     the layout of the training where a record tells them; none if `nil`.
  /// - Returns: The graph, and what the passes say.
  /// - Throws: Why the model, the pipeline or a file refuses.
  public func prune(
    _ path: String, to output: String, masks: String?
  ) throws(Diagnostics) -> OptimizedModel {
    try prune(path, to: output, masks: masks) { _ in }
  }

  /// Prunes as above; if `confirm` throws when the files are in place, there are none.
  package func prune(
    _ path: String, to output: String, masks: String?,
    _ confirm: (OptimizedModel) throws(Diagnostics) -> Void
  ) throws(Diagnostics) -> OptimizedModel {
    let model = try load(path)
    var optimized = try optimize(model)
    if !optimized.isApproximate { optimized.diagnostics.append(.noPruning(optimized.pipeline)) }
    watcher.stage("writing \(output)")
    let set = OutputSet()
    var problems: [Diagnostic] = []
    if let masks {
      let found = ModelMasks(optimized.graph, optimized.context)
      optimized.diagnostics += found.notes.map { Diagnostic(.note, $0) }
      problems += collected { () throws(Diagnostics) in
        let inputs = optimized.modelFiles + optimized.otherFiles
        try set.add(masks, sparing: inputs) { try found.write(to: $0) }
      }
    }
    problems += collected { () throws(Diagnostics) in
      try set.add(output, sparing: optimized.otherFiles) {
        try ONNXExporter.write(optimized.graph, of: model, to: $0, limits: options.limits)
      }
    }
    problems += collected { () throws(Diagnostics) in try optimized.addAudit(to: set) }
    if !problems.isEmpty { throw Diagnostics(problems) }
    try set.commit { () throws(Diagnostics) in try confirm(optimized) }
    return optimized
  }
}

extension Diagnostic {
  fileprivate static func noPruning(_ pipeline: String) -> Diagnostic {
    Diagnostic(
      .warning,
      DiagnosticMessage(
        "prune-nothing", "nothing is pruned: no pass of '\(pipeline)' prunes",
        notes: ["name one, as in --passes '@default,prune-magnitude{sparsity=0.5}'"]))
  }
}
