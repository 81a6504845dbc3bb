package import CoppiceIR

extension OutputSet {
  /// Writes a text of the set.
  ///
  /// - Parameters:
  ///   - path: Where it shall be.
  ///   - text: What it holds.
  ///   - inputs: Files that it must not replace, however they are called.
  /// - Throws: Why it could not be written.
  package func add(
    _ path: String, text: String, sparing inputs: [String]
  ) throws(Diagnostics) {
    try add(path, sparing: inputs) { try write([Bytes(Array(text.utf8))], to: $0) }
  }
}
