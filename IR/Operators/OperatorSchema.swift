/// What an operator is called and takes: the part of its declaration that is data.
public struct OperatorSchema: Sendable {
  /// How often an operand or result stands.
  public enum Arity: Hashable, Sendable {
    case required, optional, variadic
  }

  /// ONNX's name, such as `Conv`.
  public var name: String
  /// ONNX's domain; empty for `ai.onnx`.
  public var domain: String
  /// The first opset with the operator.
  public var since: Int
  /// The last opset whose definition is known.
  public var through: Int
  /// Operands in order: name and arity; a variadic one stands last.
  public var operands: [(name: String, arity: Arity)]
  /// Results in order: name and arity.
  public var results: [(name: String, arity: Arity)]
  /// Attributes, their defaults and what they may hold.
  public var attributes: [AttributeSchema]
  /// Other ONNX names that are adapted to this operator at import.
  public var aliases: [String]

  /// Makes a schema.
  ///
  /// - Parameters:
  ///   - name: ONNX's name.
  ///   - domain: ONNX's domain; empty for `ai.onnx`.
  ///   - since: The first opset with the operator.
  ///   - through: The last opset whose definition is known.
  ///   - operands: Names in order; a trailing `?` marks an optional, `*` a variadic one.
  ///   - results: Names in order, marked alike.
  ///   - attributes: Names and defaults in order.
  ///   - allowed: What attributes may hold that mean something of their own in this operator.
  ///   - adapted: Attributes that only adapting writes.
  ///   - aliases: Other ONNX names that are adapted to this operator at import.
  @inline(never)
  public init(
    _ name: String, domain: String = "", since: Int = 1, through: Int = 28,
    operands: [String], results: [String] = ["Y"],
    attributes: KeyValuePairs<String, Attribute?> = [:], allowed: [String: AttributeRange] = [:],
    adapted: Set<String> = [], aliases: [String] = []
  ) {
    self.name = name
    self.domain = domain
    self.since = since
    self.through = through
    self.operands = operands.map(Self.marked)
    self.results = results.map(Self.marked)
    self.attributes = attributes.map { attribute, fallback in
      let range = allowed[attribute] ?? AttributeRange.usual[attribute] ?? .like(fallback)
      guard let range else { preconditionFailure("say what '\(attribute)' of \(name) may hold") }
      return AttributeSchema(
        name: attribute, fallback: fallback, allowed: range,
        isInFiles: !adapted.contains(attribute))
    }
    self.aliases = aliases
  }

  private static func marked(_ text: String) -> (name: String, arity: Arity) {
    switch text.last {
    case "?": (String(text.dropLast()), .optional)
    case "*": (String(text.dropLast()), .variadic)
    default: (text, .required)
    }
  }

  /// Whether the last operand may be repeated.
  public var isVariadic: Bool { operands.last?.arity == .variadic }
}
