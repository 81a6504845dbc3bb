package import CoppiceIR
import CoppiceJSON

/// Owners that a user gives by hand: constants of the model and the parameters they were made from.
///
/// ```json
/// {"onnx::Conv_39": "conv1.weight", "val_27": {"param": "fc.weight", "layout": "transposed"}}
/// ```
///
/// A list stands for a constant of several parts, such as the directions of a recurrent layer.
package struct RecordMap: Sendable {
  /// One owner.
  struct Entry: Sendable {
    let parameter: String
    /// As reports call it; nil where the shapes or the values tell.
    let layout: String?
  }

  /// What messages call the map.
  package let name: String

  /// The owners by the constants' names.
  let entries: [String: [Entry]]

  /// Reads a map.
  ///
  /// - Parameters:
  ///   - text: JSON.
  ///   - name: What messages call it.
  /// - Throws: `json`, `record-map`.
  package init(_ text: String, name: String) throws(DiagnosticMessage) {
    self.name = name
    let bytes = FileBytes(copying: Array(text.utf8), name: name)
    var scanner = JSONScanner(bytes.bytes, source: "'\(name)'")
    var entries: [String: [Entry]] = [:]
    try scanner.object { (scanner, constant) throws(DiagnosticMessage) in
      var own: [Entry] = []
      if scanner.isArray {
        try scanner.array { (scanner) throws(DiagnosticMessage) in
          own.append(try Entry(&scanner, constant, name))
        }
      } else {
        own = [try Entry(&scanner, constant, name)]
      }
      entries[constant] = own
    }
    try scanner.end()
    withExtendedLifetime(bytes) {}
    self.entries = entries
  }

  /// The constants that have owners, in alphabetical order.
  package var constants: [String] { entries.keys.sorted() }
}

extension RecordMap.Entry {
  fileprivate init(
    _ scanner: inout JSONScanner, _ constant: String, _ map: String
  ) throws(DiagnosticMessage) {
    if scanner.isString {
      self.init(parameter: try scanner.string(), layout: nil)
      return
    }
    var (parameter, layout): (String?, String?)
    try scanner.object { (scanner, key) throws(DiagnosticMessage) in
      switch key {
      case "param": parameter = try scanner.string()
      case "layout": layout = try scanner.string()
      default:
        throw DiagnosticMessage(
          "record-map", "'\(map)': '\(constant)' has '\(key)'; it may have param and layout")
      }
    }
    guard let parameter else {
      throw DiagnosticMessage("record-map", "'\(map)': '\(constant)' lacks param")
    }
    self.init(parameter: parameter, layout: layout)
  }
}
