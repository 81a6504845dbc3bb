public import CoppiceIR
import CoppiceONNX
import CoppiceRecords

extension Compiler {
  /// Runs a pipeline on a model and writes the model back as ONNX.
  ///
  /// - Parameters:
  ///   - path: The model file.
  ///   - output: The file to write.
  ///   - masks: A safetensors file that takes a mask of 0 and 1 for each weight; none if `nil`.
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
      problems += collected { () throws(Diagnostics) in
        let inputs = optimized.modelFiles + optimized.otherFiles
        try set.add(masks, sparing: inputs) { try writeMasks(optimized.graph, to: $0) }
      }
    }
    problems += collected { () throws(Diagnostics) in
      try set.add(output, sparing: optimized.otherFiles) {
        try ONNXExporter.write(optimized.graph, of: model, to: $0, limits: options.limits)
      }
    }
    if !problems.isEmpty { throw Diagnostics(problems) }
    try set.commit { () throws(Diagnostics) in try confirm(optimized) }
    return optimized
  }

  /// Writes 1 for each weight that is left and 0 for each that is pruned.
  private func writeMasks(_ graph: Graph, to path: String) throws(DiagnosticMessage) {
    var writer = SafetensorsWriter(metadata: ["format": "coppice-masks/1"])
    for weight in graph.weights() where weight.refusal == nil {
      guard let constant = graph.constant(weight.value) else { continue }
      let mask = constant.numbers.map { UInt8($0 == 0 ? 0 : 1) }
      let name = graph[weight.value].name
      try writer.add(name, .uint8, shape: constant.type.shape, bytes: mask)
    }
    try writer.write(to: path)
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
