/// What is wrong with a file as a file: its bytes, its paths.
package struct WireFault: Error, Hashable, CustomStringConvertible {
  /// The stable identifier of the diagnostic it becomes.
  package let id: String
  /// The sentence for the user.
  package let message: String

  /// Makes a fault.
  package init(_ id: String, _ message: String) {
    self.id = id
    self.message = message
  }

  package var description: String { "error[\(id)]: \(message)" }
}
