import CoppiceIR
import CoppiceJSON

/// A parameter as the record's metadata declares it, before it is checked against the tensors.
struct DeclaredParameter {
  let name: String
  var shape: [Int]?
  var aliases: [String] = []
  var groups: Int?
  var steps: Int?

  static func all(in file: any RecordTensors) throws(DiagnosticMessage) -> [DeclaredParameter] {
    guard let format = file.metadata["format"] else {
      throw .record(
        file, "its metadata has no 'format'",
        note: "a training record is safetensors with format=\"\(TrainingRecord.format)\"")
    }
    guard format == TrainingRecord.format else {
      throw .record(file, "its format is '\(format)', not '\(TrainingRecord.format)'")
    }
    guard let text = file.metadata["params"] else {
      throw .record(file, "its metadata has no 'params'")
    }
    let bytes = FileBytes(copying: Array(text.utf8), name: file.name)
    var scanner = JSONScanner(bytes.bytes, source: "'params' of '\(file.name)'")
    var result: [DeclaredParameter] = []
    try scanner.object { (scanner, name) throws(DiagnosticMessage) in
      var parameter = DeclaredParameter(name: name)
      try parameter.read(&scanner)
      result.append(parameter)
    }
    try scanner.end()
    withExtendedLifetime(bytes) {}
    return result
  }

  private init(name: String) { self.name = name }

  private mutating func read(_ scanner: inout JSONScanner) throws(DiagnosticMessage) {
    var (shape, aliases, groups, steps): ([Int]?, [String], Int?, Int?) = (nil, [], nil, nil)
    try scanner.object { (scanner, key) throws(DiagnosticMessage) in
      switch key {
      case "shape": shape = try scanner.counts()
      case "alias": aliases = try scanner.strings()
      case "groups": groups = try scanner.count()
      case "steps": steps = try scanner.count()
      default: try scanner.skipValue()
      }
    }
    (self.shape, self.aliases, self.groups, self.steps) = (shape, aliases, groups, steps)
  }

  /// The parameter with what the file holds of it; `taken` are its snapshots.
  func checked(
    in file: any RecordTensors, _ taken: [(step: Int, name: String)]
  ) throws(DiagnosticMessage) -> (TrainingRecord.Parameter, [RecordKey: Constant], Snapshots) {
    guard let final = try file.tensor("\(name)/final")?.type.shape else {
      throw .record(
        file, "it has no tensor '\(name)/final'",
        note: "the weights at the end of training are what ties the record to the model")
    }
    if let shape, shape != final {
      throw .record(
        file, "'\(name)' is declared with shape \(shape), but '\(name)/final' has \(final)")
    }
    var tensors: [RecordKey: Constant] = [:]
    for key in RecordKey.allCases {
      let shape = key.extent == .element ? final : nil
      tensors[key] = try tensor("\(name)/\(key.rawValue)", shape: shape, in: file)
    }
    var snapshots = Snapshots()
    for (step, name) in taken {
      if let tensor = try tensor(name, shape: final, in: file) { snapshots.append(step, tensor) }
    }
    if tensors[.`init`] == nil { tensors[.`init`] = snapshots.takeFirst() }
    let parameter = TrainingRecord.Parameter(
      name: name, shape: final, aliases: aliases, groups: groups, keys: Set(tensors.keys),
      steps: steps.flatMap { $0 > 0 ? $0 : nil }, hasSnapshots: !snapshots.steps.isEmpty)
    return (parameter, tensors, snapshots)
  }

  private func tensor(
    _ full: String, shape: [Int]?, in file: any RecordTensors
  ) throws(DiagnosticMessage) -> Constant? {
    guard let tensor = try file.tensor(full) else { return nil }
    let element = tensor.type.element
    guard TrainingRecord.elements.contains(element) else {
      throw .record(file, "'\(full)' holds \(element.rawValue), not floats")
    }
    guard shape == nil || tensor.type.shape == shape else {
      throw .record(
        file, "'\(full)' has shape \(tensor.type.shape), but '\(name)/final' has \(shape ?? [])")
    }
    return tensor
  }
}

extension DiagnosticMessage {
  static func record(_ file: any RecordTensors, _ what: String, note: String? = nil) -> Self {
    Self(
      "record", "'\(file.name)' is not a usable training record: \(what)",
      notes: note.map { [$0] } ?? [])
  }
}
