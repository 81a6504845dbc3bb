/// An option that a pass takes: its name, its type with what is allowed, and its words.
public struct PassOption: Hashable, Sendable {
  /// The type of an option and the values it allows.
  public enum Kind: Hashable, Sendable {
    /// A decimal number in a range.
    case decimal(ClosedRange<Double>)
    /// A whole number in a range.
    case integer(ClosedRange<Int>)
    /// A number of bytes such as `65536`, `64K` or `1M`.
    case bytes
    /// `true` or `false`.
    case flag
    /// One of some words.
    case choice([String])
    /// A path of a file; the driver reads it.
    case path
    /// Any text.
    case text
  }

  /// The name, as in `name=value`.
  public var name: String
  /// The type and the values allowed.
  public var kind: Kind
  /// The value when the option is not given; `nil` if the pass then does without.
  public var defaultValue: String?
  /// Whether the option must be given.
  public var isRequired: Bool
  /// One line for the manual.
  public var documentation: String

  /// Makes an option.
  ///
  /// - Parameters:
  ///   - name: The name, as in `name=value`.
  ///   - kind: The type and the values allowed.
  ///   - defaultValue: The value when the option is not given.
  ///   - isRequired: Whether the option must be given.
  ///   - documentation: One line for the manual.
  public init(
    _ name: String, _ kind: Kind, default defaultValue: String? = nil, isRequired: Bool = false,
    _ documentation: String
  ) {
    self.name = name
    self.kind = kind
    self.defaultValue = defaultValue
    self.isRequired = isRequired
    self.documentation = documentation
  }

  /// What is allowed, in words: `a number from 0 to 1`.
  public var allowed: String {
    switch kind {
    case .decimal(let range): "a number" + bounds(range.lowerBound, range.upperBound)
    case .integer(let range):
      "a whole number"
        + bounds(
          range.lowerBound == .min ? -.infinity : Double(range.lowerBound),
          range.upperBound == .max ? .infinity : Double(range.upperBound))
    case .bytes: "a number of bytes; K and M may follow"
    case .flag: "true or false"
    case .choice(let words): "one of " + words.joined(separator: ", ")
    case .path: "a path"
    case .text: "a text"
    }
  }

  private func bounds(_ low: Double, _ high: Double) -> String {
    switch (low.isFinite, high.isFinite) {
    case (true, true): " from \(short(low)) to \(short(high))"
    case (true, false): " of \(short(low)) or more"
    case (false, true): " of \(short(high)) or less"
    case (false, false): ""
    }
  }

  private func short(_ number: Double) -> String {
    Int(exactly: number).map(String.init) ?? String(number)
  }

  /// Whether a text is an allowed value.
  ///
  /// - Parameter text: The value as typed.
  /// - Returns: Whether the option's type reads it and its range holds it.
  public func allows(_ text: String) -> Bool {
    switch kind {
    case .decimal(let range): ExactDecimal(text).map { range.contains($0.double) } ?? false
    case .integer(let range): Int(text).map(range.contains) ?? false
    case .bytes: ByteCount(text) != nil
    case .flag: text == "true" || text == "false"
    case .choice(let words): words.contains(text)
    case .path: !text.isEmpty
    case .text: true
    }
  }
}
