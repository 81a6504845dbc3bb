/// Why a file of numbers was refused: a stable id, what is wrong, and what goes with it.
package struct RecordError: Error, Hashable, Sendable, CustomStringConvertible {
  package let id: String
  package let message: String
  package let notes: [String]

  package init(_ id: String, _ message: String, notes: [String] = []) {
    self.id = id
    self.message = message
    self.notes = notes
  }

  package var description: String {
    (["error[\(id)]: \(message)"] + notes.map { "  note: \($0)" }).joined(separator: "\n")
  }
}
