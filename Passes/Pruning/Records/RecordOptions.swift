import CoppiceIR
import CoppicePassManager

/// The options of all passes that read a training record.
struct RecordOptions: Sendable {
  /// The record's file.
  let path: String

  /// The declarations.
  static func options(isRequired: Bool = true) -> [PassOption] {
    [
      PassOption(
        "record", .path, isRequired: isRequired, "The training record, safetensors in prunerec/1")
    ]
  }

  /// Reads the options.
  ///
  /// - Throws: `pass-option-missing` without a record.
  init(_ options: PassOptions) throws(DiagnosticMessage) {
    path = try options.path("record")
  }
}
