import COnnx
@_spi(RawEditing) public import CoppiceIR

/// Writes graphs that came from ONNX models back as ONNX models.
public enum ONNXExporter {
  /// Writes a model with a changed graph.
  ///
  /// What did not change is written as it was read, with metadata and unknown fields. Weights are
  /// streamed; those that were external data go to one file beside the model.
  ///
  /// - Parameters:
  ///   - graph: The graph of `model` after passes.
  ///   - model: Where the graph came from.
  ///   - path: The file; replaced when it is there.
  ///   - limits: How many bytes it may have more than the model that was read.
  /// - Throws: What has no form in the model's opset, `export-bytes`, or why the file could not be
  ///   written.
  public static func write(
    _ graph: Graph, of model: ImportedModel, to path: String, limits: Limits = Limits()
  ) throws(Diagnostics) {
    var graph = graph
    graph.inlineFused(by: "write-onnx")
    let arena = Arena()
    let tensors = TensorWriter(arena)
    let writer = GraphWriter(graph, model.provenance, tensors)
    let proto = writer.model(model.document.model.pointee)
    guard writer.diagnostics.isEmpty else { throw Diagnostics(writer.diagnostics) }
    if let message = tensors.excess(over: model.provenance.constantBytes, limits.exportBytes) {
      throw Diagnostics([Diagnostic(.error, message, at: .file(path))])
    }
    do {
      let file = ModelFileWriter(model.document, tensors, path: path)
      try file.write(proto)
    } catch {
      let message = DiagnosticMessage(error.id, error.message)
      throw Diagnostics([Diagnostic(.error, message, at: .file(path))])
    }
  }
}
