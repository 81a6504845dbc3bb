package import CoppiceIR

/// A folder of the weights at some steps of a training, read as a record.
///
/// Each file holds the weights under the trainer's names; the last number in a file's name is its step.
/// The first becomes `init`, the last `final`, and those between them `snap.<step>`.
package struct SnapshotFolder: RecordTensors {
  package let name: String
  package let metadata: [String: String]
  private let files: [(step: Int, tensors: any RecordTensors)]
  private let parameters: [String]

  /// Reads files of a folder.
  ///
  /// - Parameters:
  ///   - folder: What messages call the record.
  ///   - files: The names of the folder; other kinds of files are passed over.
  ///   - open: Opens one of them.
  /// - Throws: `snapshots` for fewer than two, a name without a step, a step that stands twice, or a
  ///   parameter that is not in all of them; whatever `open` throws.
  package init(
    _ folder: String, files: [String],
    open: (String) throws(DiagnosticMessage) -> any RecordTensors
  ) throws(DiagnosticMessage) {
    name = folder
    var found: [(step: Int, tensors: any RecordTensors)] = []
    for file in files where file.hasSuffix(".safetensors") || file.hasSuffix(".npz") {
      guard let step = Self.step(file) else {
        throw .snapshots(folder, "the name of '\(file)' has no step, as step_100 has")
      }
      guard !found.contains(where: { $0.step == step }) else {
        throw .snapshots(folder, "two files are of step \(step)")
      }
      found.append((step, try open(file)))
    }
    guard found.count >= 2 else {
      throw .snapshots(
        folder, "it holds \(found.count) files that end in .safetensors or .npz; movement needs two"
      )
    }
    self.files = found.sorted { $0.step < $1.step }
    parameters = try Self.parameters(self.files, folder)
    var metadata = TrainingRecord.metadata(of: parameters)
    let steps = self.files.map(\.step)
    metadata["start_step"] = "\(steps[0])"
    if steps[steps.count - 1] > steps[0] {
      metadata["steps"] = "\(steps[steps.count - 1] - steps[0])"
    }
    self.metadata = metadata
  }

  package var names: [String] {
    parameters.flatMap { parameter in
      files.indices.map { "\(parameter)/\(key($0))" }
    }
  }

  package func tensor(_ name: String) throws(DiagnosticMessage) -> Constant? {
    guard let slash = name.lastIndex(of: "/") else { return nil }
    let wanted = name[slash...].dropFirst()
    guard let index = files.indices.first(where: { key($0) == wanted }) else { return nil }
    return try files[index].tensors.tensor(String(name[..<slash]))
  }

  private func key(_ index: Int) -> String {
    switch index {
    case 0: RecordKey.`init`.rawValue
    case files.count - 1: RecordKey.final.rawValue
    default: "snap.\(files[index].step)"
    }
  }
}

extension SnapshotFolder {
  /// The last number in a file's name.
  private static func step(_ file: String) -> Int? {
    let stem = file.prefix { $0 != "/" }.split(separator: ".").dropLast().joined(separator: ".")
    let digits = stem.reversed().drop { !$0.isASCII || !$0.isNumber }
      .prefix { $0.isASCII && $0.isNumber }
    return Int(String(digits.reversed()))
  }

  /// The float tensors of the last file; others, such as counters, are no parameters.
  private static func parameters(
    _ files: [(step: Int, tensors: any RecordTensors)], _ folder: String
  ) throws(DiagnosticMessage) -> [String] {
    var names: [String] = []
    guard let last = files.last else { return [] }
    for name in last.tensors.names.sorted() {
      guard let element = try last.tensors.tensor(name)?.type.element else { continue }
      guard TrainingRecord.elements.contains(element) else { continue }
      for file in files where try file.tensors.tensor(name) == nil {
        throw .snapshots(folder, "'\(name)' of step \(last.step) is not in step \(file.step)")
      }
      names.append(name)
    }
    return names
  }
}

extension NumpyArchive: RecordTensors {
  package var metadata: [String: String] { [:] }

  package var names: [String] { arrays.map(\.name) }

  package func tensor(_ name: String) -> Constant? {
    self[name].map { Constant($0.bytes, $0.element, $0.shape) }
  }
}

extension DiagnosticMessage {
  fileprivate static func snapshots(_ folder: String, _ what: String) -> Self {
    Self(
      "snapshots", "'\(folder)' is not a usable folder of snapshots: \(what)",
      notes: ["a file for each snapshot, called like step_000100.safetensors or step_000100.npz"])
  }
}
