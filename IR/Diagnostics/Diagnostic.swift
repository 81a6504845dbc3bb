/// The words of a diagnostic and its stable id, before a place is known.
public struct DiagnosticMessage: Error, Hashable, Sendable, CustomStringConvertible {
  /// Stable, such as `conv-channels`.
  public var id: String
  /// What is wrong, with the values that matter, and what to do.
  public var text: String
  /// Further facts, such as the types of the operands.
  public var notes: [String]

  /// Makes a message.
  ///
  /// - Parameters:
  ///   - id: Stable, such as `conv-channels`.
  ///   - text: What is wrong and what to do.
  ///   - notes: Further facts.
  public init(_ id: String, _ text: String, notes: [String] = []) {
    self.id = id
    self.text = text
    self.notes = notes
  }

  /// The text, with its id.
  public var description: String { "[\(id)]: \(text)" }
}

/// Where a diagnostic points.
public indirect enum Location: Hashable, Sendable, CustomStringConvertible {
  /// Nowhere in particular.
  case none
  /// A file as a whole.
  case file(String)
  /// A place in a text.
  case text(file: String, line: Int, column: Int)
  /// A node of a model.
  case node(file: String, name: String, index: Int, type: String)
  /// Made from something by a pass.
  case derived(by: String, from: Location)

  /// The location as it stands before a message.
  public var description: String {
    switch self {
    case .none: ""
    case .file(let file): file
    case .text(let file, let line, let column): "\(file):\(line):\(column)"
    case .node(let file, let name, let index, let type):
      (file.isEmpty ? "" : "\(file): ") + "node '\(name)' (#\(index), \(type))"
    case .derived(let pass, let location): "\(location) [after \(pass)]"
    }
  }
}

/// How bad a diagnostic is.
public enum Severity: String, Hashable, Sendable {
  case note, warning, error
}

/// A message with its place and severity.
public struct Diagnostic: Error, Hashable, Sendable, CustomStringConvertible {
  /// How bad it is.
  public var severity: Severity
  /// Where it points.
  public var location: Location
  /// What it says.
  public var message: DiagnosticMessage

  /// Makes a diagnostic.
  ///
  /// - Parameters:
  ///   - severity: How bad it is.
  ///   - message: What it says.
  ///   - location: Where it points.
  public init(_ severity: Severity, _ message: DiagnosticMessage, at location: Location = .none) {
    self.severity = severity
    self.location = location
    self.message = message
  }

  /// `place: severity[id]: text`, then a line for each note.
  public var description: String {
    let place = location.description
    let head = (place.isEmpty ? "" : place + ": ") + "\(severity.rawValue)\(message)"
    return ([head] + message.notes.map { "  note: " + $0 }).joined(separator: "\n")
  }
}

/// Several diagnostics thrown at once; at least one is an error.
public struct Diagnostics: Error, Sendable, CustomStringConvertible {
  /// What went wrong.
  public enum Cause: Sendable {
    /// What the user gave is refused.
    case input
    /// The C compiler of this machine failed.
    case hostCompiler
    /// A program made by it failed.
    case hostProgram
  }

  /// In the order they were found.
  public var all: [Diagnostic]
  /// What went wrong.
  public var cause: Cause

  /// Makes a list.
  ///
  /// - Parameters:
  ///   - all: In the order they were found.
  ///   - cause: What went wrong.
  public init(_ all: [Diagnostic], cause: Cause = .input) {
    self.all = all
    self.cause = cause
  }

  /// One after the other, a line or more each.
  public var description: String { all.map(\.description).joined(separator: "\n") }
}
