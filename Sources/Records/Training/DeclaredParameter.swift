import CoppiceIR

/// A parameter as the record's metadata declares it, before it is checked against the tensors.
struct DeclaredParameter {
  let name: String
  var shape: [Int]?
  var aliases: [String] = []
  var groups: Int?

  static func all(in file: SafetensorsFile) throws(DiagnosticMessage) -> [DeclaredParameter] {
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
    let bytes = FileBytes(copying: Array(text.utf8), name: file.file.name)
    var scanner = JSONScanner(bytes.bytes, source: "'params' of '\(file.file.name)'")
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
    var (shape, aliases, groups): ([Int]?, [String], Int?) = (nil, [], nil)
    try scanner.object { (scanner, key) throws(DiagnosticMessage) in
      switch key {
      case "shape": shape = try scanner.counts()
      case "alias": aliases = try scanner.strings()
      case "groups": groups = try scanner.count()
      default: try scanner.skipValue()
      }
    }
    (self.shape, self.aliases, self.groups) = (shape, aliases, groups)
  }

  /// The parameter with what the file holds of it.
  func checked(in file: SafetensorsFile) throws(DiagnosticMessage) -> TrainingRecord.Parameter {
    guard let final = file.entry("\(name)/final") else {
      throw .record(
        file, "it has no tensor '\(name)/final'",
        note: "the weights at the end of training are what ties the record to the model")
    }
    if let shape, shape != final.shape {
      throw .record(
        file, "'\(name)' is declared with shape \(shape), but '\(name)/final' has \(final.shape)")
    }
    var keys: Set<RecordKey> = []
    for key in RecordKey.allCases {
      guard let entry = file.entry("\(name)/\(key.rawValue)") else { continue }
      guard file.floats(entry) != nil else {
        throw .record(file, "'\(entry.name)' holds \(entry.element.rawValue), not floats")
      }
      guard !key.isElementwise || entry.shape == final.shape else {
        throw .record(
          file, "'\(entry.name)' has shape \(entry.shape), but '\(name)/final' has \(final.shape)")
      }
      keys.insert(key)
    }
    return TrainingRecord.Parameter(
      name: name, shape: final.shape, aliases: aliases, groups: groups, keys: keys)
  }
}

extension DiagnosticMessage {
  static func record(_ file: SafetensorsFile, _ what: String, note: String? = nil) -> Self {
    Self(
      "record", "'\(file.file.name)' is not a usable training record: \(what)",
      notes: note.map { [$0] } ?? [])
  }
}
