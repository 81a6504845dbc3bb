/// An attribute as the schema of an operator declares it.
public struct AttributeSchema: Sendable {
  /// ONNX's name.
  public let name: String
  /// The value when it is absent; `nil` for one without a default.
  public let fallback: Attribute?
  /// What it may hold.
  public let allowed: AttributeRange
  /// Whether files may have it; others are written by adapting older opsets alone.
  public let isInFiles: Bool

  /// Checks a value that was given.
  ///
  /// - Parameters:
  ///   - value: The value.
  ///   - owner: The operator's name, for the message.
  /// - Throws: `attribute-kind` for a value of another kind, `attribute-value` for one that has no
  ///   meaning.
  public func check(_ value: Attribute, of owner: String) throws(DiagnosticMessage) {
    guard allowed.isKind(of: value) else {
      throw DiagnosticMessage(
        "attribute-kind",
        "attribute '\(name)' of \(owner) is \(value.kind); it must be \(allowed.kind)")
    }
    guard allowed.contains(value) else {
      throw DiagnosticMessage(
        "attribute-value",
        "attribute '\(name)' of \(owner) is \(value.text); allowed are \(allowed.description)")
    }
  }
}

extension OperatorSchema {
  /// Refuses attributes that adapting alone may write.
  ///
  /// - Parameter given: Attributes as the file has them.
  /// - Throws: `unknown-attribute`.
  public func checkFile(_ given: Attributes) throws(DiagnosticMessage) {
    for attribute in attributes where !attribute.isInFiles && given[attribute.name] != nil {
      throw unknown(attribute.name)
    }
  }

  private func unknown(_ name: String) -> DiagnosticMessage {
    DiagnosticMessage(
      "unknown-attribute", "\(self.name) has no attribute '\(name)' that is known here")
  }

  /// Checks the attributes that were given.
  ///
  /// - Parameter given: Attributes of the newest form.
  /// - Throws: `unknown-attribute`, `attribute-kind`, `attribute-value`.
  public func check(_ given: Attributes) throws(DiagnosticMessage) {
    for name in given.names {
      guard let attribute = attributes.first(where: { $0.name == name }), let value = given[name]
      else { throw unknown(name) }
      try attribute.check(value, of: self.name)
    }
  }
}

extension Attribute {
  /// What kind of value it is, in words.
  package var kind: String {
    switch self {
    case .int: "an integer"
    case .float: "a real number"
    case .string: "a text"
    case .ints: "a list of integers"
    case .floats: "a list of real numbers"
    case .strings: "a list of texts"
    case .tensor: "a tensor"
    }
  }

  /// The value in words.
  package var text: String {
    switch self {
    case .int(let value): "\(value)"
    case .float(let value): "\(value)"
    case .string(let value): "'\(value)'"
    case .ints(let values): "\(values)"
    case .floats(let values): "\(values)"
    case .strings(let values): "\(values)"
    case .tensor(let value): "\(value.type)"
    }
  }
}
