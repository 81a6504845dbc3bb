import COnnx
public import CoppiceIR

/// Reads ONNX model files.
public enum ONNXImporter {
  /// Reads a model with its external data.
  ///
  /// Everything that is wrong or not supported is reported at once.
  ///
  /// - Parameters:
  ///   - path: The model file.
  ///   - options: What the user says about the model.
  /// - Returns: The graph and what is needed to write it back.
  /// - Throws: Every problem that was found.
  public static func load(
    _ path: String, options: ImportOptions = ImportOptions()
  ) throws(Diagnostics) -> ImportedModel {
    let document: ModelDocument
    do {
      document = try ModelDocument(path: path)
    } catch {
      let message = DiagnosticMessage(error.id, error.message)
      throw Diagnostics([Diagnostic(.error, message, at: .file(path))])
    }
    let reader = ModelReader(document, path: path, options: options)
    reader.read()
    guard !reader.diagnostics.contains(where: { $0.severity == .error }) else {
      throw Diagnostics(reader.diagnostics)
    }
    let file = document.file
    return ImportedModel(
      graph: reader.graph, diagnostics: reader.diagnostics,
      file: Bytes(borrowing: file.bytes) { _ = file }, document: document,
      provenance: reader.provenance)
  }
}
