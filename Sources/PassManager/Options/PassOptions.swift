public import CoppiceIR

/// The options of one run of a pass, checked against what the pass declares.
public struct PassOptions: Sendable {
  private let declared: [PassOption]
  private let given: [String: String]

  /// Checks options that were given.
  ///
  /// - Parameters:
  ///   - given: Name and value of each option.
  ///   - info: What the pass declares.
  /// - Throws: The first option that is unknown, missing or out of range.
  public init(_ given: [String: String] = [:], for info: PassInfo) throws(DiagnosticMessage) {
    for name in given.keys.sorted() {
      if let fault = info.fault(of: name, given[name] ?? "") { throw fault }
    }
    if let missing = info.missing(from: Set(given.keys)).first { throw missing }
    self.init(checked: given, for: info)
  }

  init(checked given: [String: String], for info: PassInfo) {
    declared = info.options
    self.given = given
  }

  /// Whether the option was given, not left to its default.
  ///
  /// - Parameter name: A declared option.
  /// - Returns: Whether it was typed.
  public func isGiven(_ name: String) -> Bool { given[name] != nil }

  /// All options with their values, given or by default, in the order of their declaration.
  ///
  /// - Parameter names: Options to leave out.
  /// - Returns: Such as `scope=local,sparsity=0.5`.
  public func summary(without names: [String]) -> String {
    declared.filter { !names.contains($0.name) }.compactMap { option in
      text(option.name).map { "\(option.name)=\($0)" }
    }.joined(separator: ",")
  }

  /// The value given, or the default.
  ///
  /// - Parameter name: A declared option.
  /// - Returns: The text; `nil` where the option has neither.
  public func text(_ name: String) -> String? {
    given[name] ?? declared.first { $0.name == name }?.defaultValue
  }

  /// A number with all its digits.
  ///
  /// - Parameter name: An option declared as `.decimal`.
  /// - Returns: The number; `nil` where the option has neither value nor default.
  /// - Throws: `pass-option-type` if the option is not declared so.
  public func decimal(_ name: String) throws(DiagnosticMessage) -> ExactDecimal? {
    guard let text = text(name) else { return nil }
    guard let number = ExactDecimal(text) else { throw .wrongReader(name, "decimal") }
    return number
  }

  /// A number with all its digits, of an option that has one.
  ///
  /// - Parameter name: An option declared as `.decimal`, with a default or required.
  /// - Returns: The number.
  /// - Throws: `pass-option-type` if the option is not declared so.
  public func requiredDecimal(_ name: String) throws(DiagnosticMessage) -> ExactDecimal {
    guard let number = try decimal(name) else { throw .wrongReader(name, "decimal") }
    return number
  }

  /// A whole number.
  ///
  /// - Parameter name: An option declared as `.integer`, with a default or required.
  /// - Returns: The number.
  /// - Throws: `pass-option-type` if the option is not declared so.
  public func integer(_ name: String) throws(DiagnosticMessage) -> Int {
    guard let number = text(name).flatMap(Int.init) else { throw .wrongReader(name, "integer") }
    return number
  }

  /// A number of bytes.
  ///
  /// - Parameter name: An option declared as `.bytes`, with a default or required.
  /// - Returns: The number.
  /// - Throws: `pass-option-type` if the option is not declared so.
  public func bytes(_ name: String) throws(DiagnosticMessage) -> Int {
    guard let count = text(name).flatMap(ByteCount.init) else { throw .wrongReader(name, "bytes") }
    return count.bytes
  }

  /// A yes or no.
  ///
  /// - Parameter name: An option declared as `.flag`, with a default or required.
  /// - Returns: Whether it is `true`.
  /// - Throws: `pass-option-type` if the option is not declared so.
  public func flag(_ name: String) throws(DiagnosticMessage) -> Bool {
    guard let flag = text(name).flatMap(Bool.init) else { throw .wrongReader(name, "flag") }
    return flag
  }

  /// One of an enumeration's cases.
  ///
  /// - Parameters:
  ///   - name: An option declared as `.choice`, with a default or required.
  ///   - type: Its raw values are the words allowed.
  /// - Returns: The case.
  /// - Throws: `pass-option-type` if the words are not those of the enumeration.
  public func choice<Choice: RawRepresentable<String>>(
    _ name: String, _ type: Choice.Type
  ) throws(DiagnosticMessage) -> Choice {
    guard let choice = text(name).flatMap(type.init(rawValue:)) else {
      throw .wrongReader(name, "choice")
    }
    return choice
  }

  /// A path, required or with a default.
  ///
  /// - Parameter name: An option declared as `.path`.
  /// - Returns: The path as typed.
  /// - Throws: `pass-option-type` if the option is not declared so.
  public func path(_ name: String) throws(DiagnosticMessage) -> String {
    guard let path = text(name) else { throw .wrongReader(name, "path") }
    return path
  }

  /// The one option given of several that exclude each other.
  ///
  /// - Parameter names: Declared options without defaults.
  /// - Returns: The name of the one that was given.
  /// - Throws: `pass-option-exclusive` if none or more than one was given.
  public func exactlyOne(of names: [String]) throws(DiagnosticMessage) -> String {
    let found = names.filter(isGiven)
    guard found.count == 1, let name = found.first else {
      let list = names.joined(separator: ", ")
      throw DiagnosticMessage(
        "pass-option-exclusive",
        found.isEmpty
          ? "give one of \(list)"
          : "\(found.joined(separator: " and ")) exclude each other: give one of \(list)")
    }
    return name
  }
}

extension PassInfo {
  /// What is wrong with an option that was given.
  func fault(of name: String, _ value: String) -> DiagnosticMessage? {
    guard let option = options.first(where: { $0.name == name }) else {
      let names = options.map(\.name)
      let known = names.isEmpty ? "it takes none" : "it takes \(names.joined(separator: ", "))"
      return DiagnosticMessage(
        "pass-option-unknown",
        "pass '\(self.name)' has no option '\(name)'; \(suggestion(name, names) ?? known)")
    }
    if option.allows(value) { return nil }
    return DiagnosticMessage(
      "pass-option-value",
      "option '\(name)' of pass '\(self.name)' must be \(option.allowed), not '\(value)'")
  }

  /// The required options that were not given.
  func missing(from given: Set<String>) -> [DiagnosticMessage] {
    options.filter { $0.isRequired && !given.contains($0.name) }.map {
      DiagnosticMessage(
        "pass-option-missing", "pass '\(name)' needs the option '\($0.name)': \($0.allowed)")
    }
  }
}

extension DiagnosticMessage {
  fileprivate static func wrongReader(_ name: String, _ type: String) -> Self {
    Self(
      "pass-option-type",
      "the pass reads option '\(name)' as a \(type), which its declaration does not promise")
  }
}
