/// A pipeline as it was written: a list of steps.
///
/// ```
/// @default,!fuse-elementwise,only{name~"head/*"}(prune-magnitude{sparsity=0.8}),sparsify
/// ```
/// Printing a pipeline gives text that parses to an equal pipeline.
public struct Pipeline: Hashable, Sendable, CustomStringConvertible {
  /// The steps, in the order they run.
  public var steps: [PipelineStep]

  /// Makes a pipeline.
  ///
  /// - Parameter steps: The steps, in the order they run.
  public init(_ steps: [PipelineStep] = []) { self.steps = steps }

  /// The text form, without spaces.
  public var description: String { steps.map(\.description).joined(separator: ",") }
}

/// One step of a pipeline.
public struct PipelineStep: Hashable, Sendable, CustomStringConvertible {
  /// What a step does.
  public indirect enum Kind: Hashable, Sendable {
    /// `name` or `name{key=value}`: runs a pass.
    case pass(name: String, options: [PipelineOption])
    /// `fix(a,b)`: runs a list until nothing changes.
    case fix(Pipeline)
    /// `only{name~"head/*"}(a,b)`: runs a list on some of the nodes.
    case only(NodeScope, Pipeline)
    /// `schedule{to=0.8,steps=5}(a,b)`: runs a list with the amounts of one step, or of each in turn.
    case schedule([PipelineOption], Pipeline)
    /// `@name`: runs a preset.
    case preset(String)
    /// `!name`: drops a pass from the presets of the same list.
    case drop(String)
  }

  /// What the step does.
  public var kind: Kind
  /// Where the step starts in its text, in characters.
  var offset: Int

  /// Makes a step.
  ///
  /// - Parameter kind: What the step does.
  public init(_ kind: Kind) { self.init(kind, offset: 0) }

  init(_ kind: Kind, offset: Int) {
    self.kind = kind
    self.offset = offset
  }

  /// Compares what the steps do, not where they were written.
  ///
  /// - Parameters:
  ///   - left: A step.
  ///   - right: Another step.
  /// - Returns: Whether they do the same.
  public static func == (left: PipelineStep, right: PipelineStep) -> Bool {
    left.kind == right.kind
  }

  /// Hashes what the step does.
  ///
  /// - Parameter hasher: Takes it.
  public func hash(into hasher: inout Hasher) { hasher.combine(kind) }

  /// The text form.
  public var description: String {
    switch kind {
    case .pass(let name, let options):
      options.isEmpty ? name : "\(name){\(options.map(\.description).joined(separator: ","))}"
    case .fix(let body): "fix(\(body))"
    case .only(let scope, let body): "only{\(scope)}(\(body))"
    case .schedule(let options, let body):
      "schedule{\(options.map(\.description).joined(separator: ","))}(\(body))"
    case .preset(let name): "@\(name)"
    case .drop(let name): "!\(name)"
    }
  }
}

/// One `key=value` of a pass in a pipeline.
public struct PipelineOption: Hashable, Sendable, CustomStringConvertible {
  /// The option's name.
  public var key: String
  /// The value, without quotes.
  public var value: String
  /// Where the option starts in its text, in characters.
  var offset: Int

  /// Makes an option.
  ///
  /// - Parameters:
  ///   - key: The option's name.
  ///   - value: The value, without quotes.
  public init(_ key: String, _ value: String) { self.init(key, value, offset: 0) }

  init(_ key: String, _ value: String, offset: Int) {
    self.key = key
    self.value = value
    self.offset = offset
  }

  /// Compares keys and values, not where they were written.
  ///
  /// - Parameters:
  ///   - left: An option.
  ///   - right: Another option.
  /// - Returns: Whether key and value are the same.
  public static func == (left: PipelineOption, right: PipelineOption) -> Bool {
    left.key == right.key && left.value == right.value
  }

  /// Hashes key and value.
  ///
  /// - Parameter hasher: Takes them.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(key)
    hasher.combine(value)
  }

  /// The text form; quoted where a bare value would end early.
  public var description: String { "\(key)=\(quotedIfNeeded(value))" }
}

/// Writes a value so that the parser reads it back.
func quotedIfNeeded(_ value: String) -> String {
  let plain =
    value.first.map { !$0.isWhitespace && $0 != "\"" } ?? false
    && !(value.last?.isWhitespace ?? false)
    && !value.contains { $0 == "," || $0 == "}" || $0.isNewline }
  return plain ? value : quoted(value)
}

/// Writes a value in double quotes.
func quoted(_ value: String) -> String {
  var text = "\""
  for character in value {
    if character == "\"" || character == "\\" { text.append("\\") }
    text.append(character)
  }
  return text + "\""
}
