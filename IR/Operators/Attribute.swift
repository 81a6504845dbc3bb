/// The value of an attribute.
///
/// Subgraphs are blocks of the node, not attributes.
public enum Attribute: Hashable, Sendable {
  case int(Int)
  case float(Float)
  case string(String)
  case ints([Int])
  case floats([Float])
  case strings([String])
  case tensor(Constant)
}

/// The attributes that a node was given, by name; those at their default may be left out.
///
/// What an operator means is in its `settings`, which add the defaults of its schema.
public struct Attributes: Hashable, Sendable, ExpressibleByDictionaryLiteral {
  /// What was given, by name.
  public private(set) var given: [String: Attribute]

  /// Makes attributes.
  ///
  /// - Parameter given: By name.
  public init(_ given: [String: Attribute] = [:]) { self.given = given }

  /// Makes attributes from a literal.
  ///
  /// - Parameter elements: Names and values; of equal names the last counts.
  public init(dictionaryLiteral elements: (String, Attribute)...) {
    given = Dictionary(elements) { _, last in last }
  }

  /// What was given under a name.
  ///
  /// - Parameter name: ONNX's name of the attribute.
  public subscript(name: String) -> Attribute? {
    get { given[name] }
    set { given[name] = newValue }
  }

  /// The names in alphabetical order.
  public var names: [String] { given.keys.sorted() }

  /// An integer.
  ///
  /// - Parameter name: ONNX's name of the attribute.
  /// - Returns: The value, or `nil` when it is absent or of another kind.
  public func int(_ name: String) -> Int? {
    if case .int(let value)? = given[name] { value } else { nil }
  }

  /// A real number.
  ///
  /// - Parameter name: ONNX's name of the attribute.
  /// - Returns: The value, or `nil` when it is absent or of another kind.
  public func float(_ name: String) -> Float? {
    if case .float(let value)? = given[name] { value } else { nil }
  }

  /// A text.
  ///
  /// - Parameter name: ONNX's name of the attribute.
  /// - Returns: The value, or `nil` when it is absent or of another kind.
  public func string(_ name: String) -> String? {
    if case .string(let value)? = given[name] { value } else { nil }
  }

  /// A list of integers.
  ///
  /// - Parameter name: ONNX's name of the attribute.
  /// - Returns: The value, or `nil` when it is absent or of another kind.
  public func ints(_ name: String) -> [Int]? {
    if case .ints(let value)? = given[name] { value } else { nil }
  }

  /// A list of real numbers.
  ///
  /// - Parameter name: ONNX's name of the attribute.
  /// - Returns: The value, or `nil` when it is absent or of another kind.
  public func floats(_ name: String) -> [Float]? {
    if case .floats(let value)? = given[name] { value } else { nil }
  }

  /// A list of texts.
  ///
  /// - Parameter name: ONNX's name of the attribute.
  /// - Returns: The value, or `nil` when it is absent or of another kind.
  public func strings(_ name: String) -> [String]? {
    if case .strings(let value)? = given[name] { value } else { nil }
  }

  /// A tensor.
  ///
  /// - Parameter name: ONNX's name of the attribute.
  /// - Returns: The value, or `nil` when it is absent or of another kind.
  public func tensor(_ name: String) -> Constant? {
    if case .tensor(let value)? = given[name] { value } else { nil }
  }
}
