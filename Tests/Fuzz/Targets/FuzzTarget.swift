import Coppice
import CoppiceFiles
import CoppiceIR
import CoppiceONNX

/// What a fuzzer feeds: bytes must be read or refused, never trap, hang, or take gigabytes.
package enum FuzzTarget: String, CaseIterable, Sendable {
  /// A model file through the importer, the verifier and the summary of `inspect`.
  case importer
  /// A model file through import, passes, lowering and the C printer.
  case compiler
  /// Text and files of data; the first byte says which reader gets the rest.
  case text

  /// Feeds one input.
  package func run(_ bytes: UnsafeRawBufferPointer) {
    switch self {
    case .importer: importModel(bytes)
    case .compiler: _ = try? Compiler().inspect(model(bytes))
    case .text: readText(bytes)
    }
  }

  private func importModel(_ bytes: UnsafeRawBufferPointer) {
    guard let found = try? Compiler().look(model(bytes)) else { return }
    if found.isRefused { return }
    guard let model = try? ONNXImporter.load(model(bytes)) else {
      fatalError("a model is read once and refused once")
    }
    let faults = Verifier.check(model.graph)
    if let fault = faults.first { fatalError("the importer's graph is not valid: \(fault)") }
  }

  /// A file that has no folder, so that no external data is found.
  private func model(_ bytes: UnsafeRawBufferPointer) -> InputFile {
    InputFile(copying: bytes, name: "/nowhere/model.onnx")
  }
}
