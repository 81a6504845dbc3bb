package import CoppiceIR
import CoppiceJSON

/// Bare weights under the trainer's names, such as a saved state_dict, read as a record of nothing else.
package struct StateDict: RecordTensors {
  package let metadata: [String: String]
  private let file: any RecordTensors
  private let parameters: [String]

  /// The file itself if it is a record, else its weights.
  package static func record(
    _ file: any RecordTensors
  ) throws(DiagnosticMessage) -> any RecordTensors {
    file.metadata["format"] == nil ? try StateDict(file) : file
  }

  private init(_ file: any RecordTensors) throws(DiagnosticMessage) {
    var parameters: [String] = []
    for name in file.names {
      guard let element = try file.tensor(name)?.type.element else { continue }
      if TrainingRecord.elements.contains(element) { parameters.append(name) }
    }
    self.file = file
    self.parameters = parameters
    metadata = TrainingRecord.metadata(of: parameters).merging(["masks_active": "false"]) { $1 }
  }

  package var name: String { file.name }

  package var names: [String] { parameters.map { "\($0)/\(RecordKey.final.rawValue)" } }

  package func tensor(_ name: String) throws(DiagnosticMessage) -> Constant? {
    let end = "/\(RecordKey.final.rawValue)"
    return name.hasSuffix(end) ? try file.tensor(String(name.dropLast(end.count))) : nil
  }
}

extension TrainingRecord {
  /// The types that recorded numbers may have.
  static let elements: [ElementType] = [.float32, .float64, .float16, .bfloat16]

  /// The metadata of a record that says nothing but the names of its parameters.
  static func metadata(of parameters: [String]) -> [String: String] {
    let members = JSON.object(parameters.map { ($0, .object([])) })
    return ["format": format, "params": members.compact]
  }
}
