import CoppiceC
import CoppiceIR
import CoppiceONNX
import CoppiceRecords

/// The format of tensors in files.
public enum TensorFormat: String, Sendable, CaseIterable {
  /// ONNX's `TensorProto`.
  case pb
  /// NumPy's array.
  case npy
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
      guard isAbsent("\(stem).pb") else { throw DiagnosticMessage.unreadable("\(stem).pb") }
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

/// Writes a tensor as `STEM.pb` or `STEM.npy`, into a set of outputs.
func addTensor(
  _ constant: Constant, name: String, at stem: String, as format: TensorFormat,
  to set: OutputSet, sparing inputs: [String]
) throws(Diagnostics) {
  try set.add("\(stem).\(format.rawValue)", sparing: inputs) { path in
    switch format {
    case .pb: try TensorFile.write(constant, name: name, to: path)
    case .npy:
      let bytes = constant.dense.array(of: UInt8.self)
      guard
        let array = NumpyArray(constant.type.element, shape: constant.type.shape, bytes: bytes)
      else {
        throw DiagnosticMessage(
          "file-write", "npy has no form for \(constant.type) ('\(name)'); use --format pb")
      }
      try array.write(to: path)
    }
  }
}

/// The files that numbered tensors of a folder may be in.
func tensorFiles(_ folder: String, _ stem: String, _ count: Int) -> [String] {
  (0..<count).flatMap { index in
    TensorFormat.allCases.map { "\(folder)/\(stem)_\(index).\($0.rawValue)" }
  }
}

/// The numbered tensors of a folder, checked against what the model has.
func readTensors(
  _ folder: String, _ stem: String, _ ports: [(name: String, type: TensorType)],
  prefer format: TensorFormat = .pb, texts: [[String]?] = []
) throws(Diagnostics) -> [Bytes] {
  var tensors: [Bytes] = []
  var problems: [Diagnostic] = []
  for (index, port) in ports.enumerated() {
    let path = "\(folder)/\(stem)_\(index)"
    problems += collected { () throws(Diagnostics) in
      var constant = try readTensor(path, prefer: format)
      if index < texts.count, let texts = texts[index] { constant = constant.places(in: texts) }
      guard fits(constant.type, port.type) else {
        throw Diagnostics([
          Diagnostic(
            .error,
            DiagnosticMessage(
              "run-inputs",
              "\(stem) \(index) ('\(port.name)') is \(port.type) in the model, but the file has "
                + "\(constant.type)"), at: .file(path))
        ])
      }
      tensors.append(constant.dense)
    }
  }
  if !problems.isEmpty { throw Diagnostics(problems) }
  return tensors
}

/// Whether two types have the same elements in the same order; extents of 1 may be left out.
private func fits(_ file: TensorType, _ port: TensorType) -> Bool {
  file.element == port.element && file.count == port.count
    && (file.count == 0 || file.shape.filter { $0 != 1 } == port.shape.filter { $0 != 1 })
}

/// What a piece of work throws, to go on and report everything at once.
func collected(_ body: () throws(Diagnostics) -> Void) -> [Diagnostic] {
  do {
    try body()
    return []
  } catch {
    return error.all
  }
}

/// The folders with vectors in a folder: itself, or those called `test_data_set_K` in it.
func vectorFolders(_ folder: String) throws(Diagnostics) -> [String] {
  let names: [String]
  do {
    names = try listing(folder)
  } catch {
    throw Diagnostics([Diagnostic(.error, error)])
  }
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
  _ outputs: [(name: String, type: TensorType)], texts: [[String]?] = []
) throws(Diagnostics) -> [(folder: String, vector: TestVector)] {
  var vectors: [(folder: String, vector: TestVector)] = []
  var problems: [Diagnostic] = []
  for folder in folders {
    var sets: [String] = []
    problems += collected { () throws(Diagnostics) in sets = try vectorFolders(folder) }
    for set in sets {
      problems += collected { () throws(Diagnostics) in
        vectors.append((set, try readVector(set, inputs, outputs, texts)))
      }
    }
  }
  if !problems.isEmpty { throw Diagnostics(problems) }
  return vectors
}

private func readVector(
  _ folder: String, _ inputs: [(name: String, type: TensorType)],
  _ outputs: [(name: String, type: TensorType)], _ texts: [[String]?]
) throws(Diagnostics) -> TestVector {
  var vector = TestVector(inputs: [], outputs: [])
  let problems =
    collected { () throws(Diagnostics) in vector.inputs = try readTensors(folder, "input", inputs) }
    + collected { () throws(Diagnostics) in
      vector.outputs = try readTensors(folder, "output", outputs, texts: texts)
    }
  if !problems.isEmpty { throw Diagnostics(problems) }
  return vector
}

extension Program {
  /// The texts that the elements of an output are places of.
  func texts(ofOutput index: Int) -> [String]? {
    outputNames.first { $0.output == index && $0.place == .elements }?.names
  }
}

extension Constant {
  /// Texts as places in a list, -1 for those that are not in it; any other constant as it is.
  fileprivate func places(in texts: [String]) -> Constant {
    guard type.element == .string else { return self }
    let places = strings.map { Int64(texts.firstIndex(of: $0) ?? -1) }
    return Constant(places, .int64, type.shape)
  }
}
