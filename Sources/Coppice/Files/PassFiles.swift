import CoppiceIR
import CoppicePassManager
import CoppiceRecords
import Synchronization

/// Opens a safetensors file, or a folder of snapshots, for passes.
@Sendable func openTensors(_ path: String) throws(DiagnosticMessage) -> any NamedTensors {
  try PassFiles().open(path)
}

/// Reads a text for passes.
@Sendable func readText(_ path: String) throws(DiagnosticMessage) -> String {
  try PassFiles().read(path)
}

/// Opens files for passes, and remembers which.
final class PassFiles: Sendable {
  private let opened = Mutex<[String]>([])

  var paths: [String] { opened.withLock { $0 } }

  @Sendable func open(_ path: String) throws(DiagnosticMessage) -> any NamedTensors {
    guard isFolder(path) else { return OpenTensors(try openFile(path)) }
    let folder = try SnapshotFolder(path, files: listing(path)) {
      (name) throws(DiagnosticMessage) in
      try openFile("\(path)/\(name)")
    }
    return OpenTensors(folder)
  }

  @Sendable func read(_ path: String) throws(DiagnosticMessage) -> String {
    remember(path)
    let file = try FileBytes(path: path)
    guard let text = String(validating: file.bytes, as: UTF8.self) else {
      throw DiagnosticMessage("file-text", "'\(path)' is not UTF-8")
    }
    return text
  }

  private func openFile(_ path: String) throws(DiagnosticMessage) -> any RecordTensors {
    remember(path)
    return path.hasSuffix(".npz") ? try NumpyArchive(path: path) : try SafetensorsFile(path: path)
  }

  private func remember(_ path: String) { opened.withLock { $0.append(path) } }
}

private struct OpenTensors: NamedTensors {
  let tensors: any RecordTensors

  init(_ tensors: any RecordTensors) { self.tensors = tensors }

  var metadata: [String: String] { tensors.metadata }
  var names: [String] { tensors.names.sorted() }
  func tensor(_ name: String) throws(DiagnosticMessage) -> Constant? { try tensors.tensor(name) }
}
