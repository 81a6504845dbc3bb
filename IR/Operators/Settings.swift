/// What an operator is set to: its attributes, and its schema's defaults for those that are absent.
///
/// Nothing else states a default, so that what is documented, checked and computed is the same.
public struct Settings: Sendable {
  private let given: Attributes
  private let declared: [AttributeSchema]

  /// Makes the settings of an operator.
  ///
  /// - Parameters:
  ///   - given: The attributes that it was given.
  ///   - schema: Its declaration.
  public init(_ given: Attributes, _ schema: OperatorSchema) {
    (self.given, declared) = (given, schema.attributes)
  }

  /// Whether the operator has an attribute, given or not.
  ///
  /// - Parameter name: ONNX's name of the attribute.
  /// - Returns: Whether the schema declares it.
  public func declares(_ name: String) -> Bool { declared.contains { $0.name == name } }

  /// Whether an attribute stands in the model.
  ///
  /// - Parameter name: ONNX's name of the attribute.
  /// - Returns: Whether it was given.
  public func isGiven(_ name: String) -> Bool { given[name] != nil }

  /// An integer without a default, where other facts decide in its absence.
  ///
  /// - Parameter name: ONNX's name of the attribute.
  /// - Returns: The value that was given.
  public func int(given name: String) -> Int? { value(name, \.int) }

  /// An integer.
  ///
  /// - Parameter name: ONNX's name of the attribute.
  /// - Returns: The value, the default, or 0 where none is declared.
  public func int(_ name: String) -> Int { value(name, \.int) ?? 0 }

  /// A truth value, which ONNX writes as an integer.
  ///
  /// - Parameter name: ONNX's name of the attribute.
  /// - Returns: The value, the default, or `false` where none is declared.
  public func flag(_ name: String) -> Bool { int(name) != 0 }

  /// A real number.
  ///
  /// - Parameter name: ONNX's name of the attribute.
  /// - Returns: The value, the default, or 0 where none is declared.
  public func float(_ name: String) -> Float { value(name, \.float) ?? 0 }

  /// A text.
  ///
  /// - Parameter name: ONNX's name of the attribute.
  /// - Returns: The value, the default, or nothing where none is declared.
  public func string(_ name: String) -> String { value(name, \.string) ?? "" }

  /// A list of integers.
  ///
  /// - Parameter name: ONNX's name of the attribute.
  /// - Returns: The value or the default; `nil` where there is neither.
  public func ints(_ name: String) -> [Int]? { value(name, \.ints) }

  /// A list of integers that only some of the operators that share a reader have.
  ///
  /// - Parameter name: ONNX's name of the attribute.
  /// - Returns: The value or the default; `nil` where there is neither or the schema knows none.
  public func ints(ifDeclared name: String) -> [Int]? { declares(name) ? ints(name) : nil }

  /// A list of real numbers.
  ///
  /// - Parameter name: ONNX's name of the attribute.
  /// - Returns: The value or the default; `nil` where there is neither.
  public func floats(_ name: String) -> [Float]? { value(name, \.floats) }

  /// A list of texts.
  ///
  /// - Parameter name: ONNX's name of the attribute.
  /// - Returns: The value or the default; `nil` where there is neither.
  public func strings(_ name: String) -> [String]? { value(name, \.strings) }

  /// A tensor.
  ///
  /// - Parameter name: ONNX's name of the attribute.
  /// - Returns: The value or the default; `nil` where there is neither.
  public func tensor(_ name: String) -> Constant? { value(name, \.tensor) }

  /// The value if it is of the kind, else the default if that is.
  private func value<Value>(_ name: String, _ kind: KeyPath<Attribute, Value?>) -> Value? {
    let attribute = declared.first { $0.name == name }
    assert(attribute != nil, "'\(name)' is read, but the schema does not declare it")
    return given[name]?[keyPath: kind] ?? attribute?.fallback?[keyPath: kind]
  }
}

extension Attribute {
  fileprivate var int: Int? { if case .int(let value) = self { value } else { nil } }
  fileprivate var float: Float? { if case .float(let value) = self { value } else { nil } }
  fileprivate var string: String? { if case .string(let value) = self { value } else { nil } }
  fileprivate var ints: [Int]? { if case .ints(let value) = self { value } else { nil } }
  fileprivate var floats: [Float]? { if case .floats(let value) = self { value } else { nil } }
  fileprivate var strings: [String]? { if case .strings(let value) = self { value } else { nil } }
  fileprivate var tensor: Constant? { if case .tensor(let value) = self { value } else { nil } }
}

extension Operator {
  /// What the operator is set to.
  public var settings: Settings { Settings(attributes, Self.schema) }
}
