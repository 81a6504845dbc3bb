public import CoppiceIR

/// Tensors by name from a file: a training record, masks, scores.
public protocol NamedTensors: Sendable {
  /// The file's metadata.
  var metadata: [String: String] { get }
  /// The names in alphabetical order.
  var names: [String] { get }
  /// A tensor; `nil` when there is none of that name.
  func tensor(_ name: String) throws(DiagnosticMessage) -> Constant?
}

/// What the driver does for passes, which do no I/O of their own.
public struct PassServices: Sendable {
  /// Opens a file of named tensors.
  public typealias Open = @Sendable (String) throws(DiagnosticMessage) -> any NamedTensors

  /// Opens a file of named tensors, as a user's path names it.
  public var openTensors: Open

  /// Makes services.
  ///
  /// - Parameter openTensors: Opens a file of named tensors; refuses every path if none is given.
  public init(openTensors: @escaping Open = PassServices.refuse) { self.openTensors = openTensors }

  /// Refuses to open a file.
  ///
  /// - Parameter path: The user's path.
  /// - Returns: Never.
  /// - Throws: `no-files`, always.
  @Sendable public static func refuse(
    _ path: String
  ) throws(DiagnosticMessage) -> any NamedTensors {
    throw DiagnosticMessage(
      "no-files", "cannot open '\(path)': this program gives passes no access to files")
  }
}
