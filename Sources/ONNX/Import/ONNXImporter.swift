import COnnx
package import CoppiceFiles
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
    try load(try opened(path), options: options)
  }

  /// Opens a model file.
  package static func opened(_ path: String) throws(Diagnostics) -> InputFile {
    do {
      return try InputFile.model(path)
    } catch {
      throw Diagnostics(error, path)
    }
  }

  /// Decodes a model file that is open.
  static func document(_ file: InputFile) throws(Diagnostics) -> ModelDocument {
    do {
      return try ModelDocument(file)
    } catch {
      throw Diagnostics(error, file.path)
    }
  }

  /// Reads a model from a file that is open.
  package static func load(
    _ file: InputFile, options: ImportOptions = ImportOptions()
  ) throws(Diagnostics) -> ImportedModel {
    let document = try document(file)
    let path = file.path
    let reader = ModelReader(document, path: path, options: options)
    reader.read()
    guard !reader.log.diagnostics.contains(where: { $0.severity == .error }) else {
      throw Diagnostics(reader.log.diagnostics)
    }
    return ImportedModel(
      graph: reader.draft.graph, diagnostics: reader.log.diagnostics,
      file: Bytes(borrowing: file.bytes) { _ = file }, document: document,
      provenance: reader.draft.provenance)
  }
}

extension Diagnostics {
  fileprivate init(_ fault: WireFault, _ path: String) {
    let message = DiagnosticMessage(fault.id, fault.message)
    self.init([Diagnostic(.error, message, at: .file(path))])
  }
}
