/// The right to change a graph, and who has it.
///
/// Only the context of a pass hands it out: there a rewrite is allowed, labelled and counted once, and
/// every method that takes an edit writes the label on what it changes.
public struct Edit: Sendable {
  /// The pass, as the trail of nodes names it.
  public let pass: String

  /// Makes an edit.
  ///
  /// - Parameter pass: The pass, as the trail of nodes names it.
  @_spi(RawEditing) public init(_ pass: String) { self.pass = pass }
}
