import CoppiceC
import CoppiceIR
import CoppiceONNX
import CoppicePassManager
import CoppiceRecords

/// The format of tensors in files.
public enum TensorFormat: String, Sendable, CaseIterable {
  /// ONNX's `TensorProto`.
  case pb
  /// NumPy's array.
  case npy
}

/// Opens a safetensors file for passes.
@Sendable func openTensors(_ path: String) throws(DiagnosticMessage) -> any NamedTensors {
  SafetensorsTensors(file: try SafetensorsFile(path: path))
}

private struct SafetensorsTensors: NamedTensors {
  let file: SafetensorsFile

  var metadata: [String: String] { file.metadata }
  var names: [String] { file.entries.map(\.name).sorted() }
  func tensor(_ name: String) -> Constant? { file.entry(name).map { file.constant($0) } }
}

/// Reads `STEM.pb` or `STEM.npy`, whichever is there.
func readTensor(_ stem: String, prefer format: TensorFormat) throws(Diagnostics) -> Constant {
  let formats: [TensorFormat] = format == .pb ? [.pb, .npy] : [.npy, .pb]
  let found = formats.first { exists("\(stem).\($0.rawValue)") }
  do {
    switch found {
    case .pb: return try TensorFile.read(stem + ".pb")
    case .npy:
      let array = try NumpyArray(path: stem + ".npy")
      return Constant(array.bytes, array.element, array.shape)
    case nil:
      throw DiagnosticMessage(
        "file-read", "there is neither '\(stem).pb' nor '\(stem).npy'; name files by position")
    }
  } catch let diagnostic as Diagnostic {
    throw Diagnostics([diagnostic])
  } catch let message as DiagnosticMessage {
    throw Diagnostics([Diagnostic(.error, message)])
  } catch {
    throw Diagnostics([Diagnostic(.error, DiagnosticMessage("file-read", "\(error)"))])
  }
}

/// Writes a tensor as `STEM.pb` or `STEM.npy`.
func writeTensor(
  _ constant: Constant, name: String, to stem: String, as format: TensorFormat
) throws(Diagnostics) {
  do {
    switch format {
    case .pb: try TensorFile.write(constant, name: name, to: stem + ".pb")
    case .npy:
      let bytes = constant.dense.array(of: UInt8.self)
      guard
        let array = NumpyArray(constant.type.element, shape: constant.type.shape, bytes: bytes)
      else {
        throw DiagnosticMessage(
          "file-write", "npy has no form for \(constant.type) ('\(name)'); use --format pb")
      }
      try array.write(to: stem + ".npy")
    }
  } catch let diagnostic as Diagnostic {
    throw Diagnostics([diagnostic])
  } catch let message as DiagnosticMessage {
    throw Diagnostics([Diagnostic(.error, message)])
  } catch {
    throw Diagnostics([Diagnostic(.error, DiagnosticMessage("file-write", "\(error)"))])
  }
}

/// The numbered tensors of a folder, checked against what the model has.
func readTensors(
  _ folder: String, _ stem: String, _ ports: [(name: String, type: TensorType)],
  prefer format: TensorFormat = .pb
) throws(Diagnostics) -> [Bytes] {
  var tensors: [Bytes] = []
  var problems: [Diagnostic] = []
  for (index, port) in ports.enumerated() {
    do {
      let constant = try readTensor("\(folder)/\(stem)_\(index)", prefer: format)
      let isSame =
        constant.type.element == port.type.element && constant.type.count == port.type.count
      if isSame {
        tensors.append(constant.dense)
      } else {
        problems.append(
          Diagnostic(
            .error,
            DiagnosticMessage(
              "run-inputs",
              "\(stem) \(index) ('\(port.name)') is \(port.type) in the model, but the file has "
                + "\(constant.type)"), at: .file("\(folder)/\(stem)_\(index)")))
      }
    } catch {
      problems += error.all
    }
  }
  if !problems.isEmpty { throw Diagnostics(problems) }
  return tensors
}

/// The folders with vectors in a folder: itself, or those called `test_data_set_K` in it.
func vectorFolders(_ folder: String) throws(Diagnostics) -> [String] {
  let names = listing(folder)
  if names.contains(where: { $0.hasPrefix("output_0.") }) { return [folder] }
  let sets = names.filter { $0.hasPrefix("test_data_set") }.sorted {
    $0.utf8.count != $1.utf8.count ? $0.utf8.count < $1.utf8.count : $0 < $1
  }
  guard !sets.isEmpty else {
    let message = DiagnosticMessage(
      "no-vectors", "'\(folder)' holds neither output_0.pb nor folders called test_data_set_0, ...")
    throw Diagnostics([Diagnostic(.error, message)])
  }
  return sets.map { folder + "/" + $0 }
}

/// Reads all vectors of some folders.
func readVectors(
  _ folders: [String], _ inputs: [(name: String, type: TensorType)],
  _ outputs: [(name: String, type: TensorType)]
) throws(Diagnostics) -> [(folder: String, vector: TestVector)] {
  var vectors: [(folder: String, vector: TestVector)] = []
  for folder in folders {
    for set in try vectorFolders(folder) {
      let vector = TestVector(
        inputs: try readTensors(set, "input", inputs),
        outputs: try readTensors(set, "output", outputs))
      vectors.append((set, vector))
    }
  }
  return vectors
}
