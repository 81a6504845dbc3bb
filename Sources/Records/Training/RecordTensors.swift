package import CoppiceIR

/// The tensors and metadata that a training record is read from.
package protocol RecordTensors: Sendable {
  /// What messages call the record.
  var name: String { get }

  var metadata: [String: String] { get }

  var names: [String] { get }

  /// A tensor; nil if there is none of that name.
  func tensor(_ name: String) throws(DiagnosticMessage) -> Constant?
}

extension SafetensorsFile: RecordTensors {
  package var name: String { file.name }

  package var names: [String] { entries.map(\.name) }

  package func tensor(_ name: String) -> Constant? { entry(name).map(constant) }
}
