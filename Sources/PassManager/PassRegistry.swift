internal import CoppiceIR

/// A named pipeline.
public struct Preset: Hashable, Sendable {
  /// The name, as in `@name`.
  public var name: String
  /// One line, without a full stop.
  public var summary: String
  /// The pipeline it stands for.
  public var text: String

  /// Makes a preset.
  ///
  /// - Parameters:
  ///   - name: The name, as in `@name`.
  ///   - summary: One line, without a full stop.
  ///   - text: The pipeline it stands for; exact passes only.
  public init(name: String, summary: String, text: String) {
    self.name = name
    self.summary = summary
    self.text = text
  }
}

/// The passes and presets that a pipeline may name.
///
/// The standard passes, a library user's own and those of a plugin all arrive by `register`.
public struct PassRegistry: Sendable {
  private var types: [String: any Pass.Type] = [:]
  private var texts: [String: Preset] = [:]
  /// What went wrong while registering; resolving a pipeline reports it.
  private(set) var faults: [DiagnosticMessage] = []

  /// Makes an empty registry.
  public init() {}

  /// Adds a pass.
  ///
  /// - Parameter type: Its name must be free.
  public mutating func register(_ type: any Pass.Type) {
    let name = type.info.name
    if types[name] != nil || ["fix", "only", "schedule"].contains(name) {
      faults.append(.taken(name))
    } else {
      types[name] = type
    }
  }

  /// Adds a preset.
  ///
  /// - Parameter preset: Its name must be free.
  public mutating func register(_ preset: Preset) {
    if texts[preset.name] != nil {
      faults.append(.taken("@" + preset.name))
    } else {
      texts[preset.name] = preset
    }
  }

  /// A pass by name.
  ///
  /// - Parameter name: As in pipelines.
  /// - Returns: The pass, or `nil` if there is none.
  public func pass(_ name: String) -> (any Pass.Type)? { types[name] }

  /// A preset by name.
  ///
  /// - Parameter name: Without `@`.
  /// - Returns: The preset, or `nil` if there is none.
  public func preset(_ name: String) -> Preset? { texts[name] }

  /// All passes by name.
  public var passes: [any Pass.Type] {
    types.sorted { $0.key < $1.key }.map(\.value)
  }

  /// All presets by name.
  public var presets: [Preset] { texts.values.sorted { $0.name < $1.name } }
}

extension DiagnosticMessage {
  fileprivate static func taken(_ name: String) -> Self {
    Self(
      "pass-name-taken",
      "two passes or presets are called '\(name)'; names are unique, so rename the later one")
  }
}
