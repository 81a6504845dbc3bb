internal import CoppiceIR

/// The nodes that `only{...}(...)` lets a pass rewrite.
public struct NodeScope: Hashable, Sendable, CustomStringConvertible {
  /// What a condition looks at.
  public enum Subject: String, Hashable, Sendable, CaseIterable {
    /// The node's name in the model.
    case name
    /// The node's operator, as ONNX calls it.
    case op
  }

  /// One condition.
  public struct Condition: Hashable, Sendable, CustomStringConvertible {
    /// What the condition looks at.
    public var subject: Subject
    /// Whether `pattern` is a glob (`~`) or the exact text (`=`).
    public var isGlob: Bool
    /// The text to compare with.
    public var pattern: String

    /// Makes a condition.
    ///
    /// - Parameters:
    ///   - subject: What the condition looks at.
    ///   - isGlob: Whether `pattern` is a glob.
    ///   - pattern: The text to compare with.
    public init(_ subject: Subject, isGlob: Bool, _ pattern: String) {
      self.subject = subject
      self.isGlob = isGlob
      self.pattern = pattern
    }

    /// The text form.
    public var description: String {
      "\(subject.rawValue)\(isGlob ? "~" : "=")\(quoted(pattern))"
    }

    func holds(_ text: String) -> Bool { isGlob ? globMatches(pattern, text) : pattern == text }

    /// Why no node of any model can meet the condition.
    var fault: DiagnosticMessage? {
      let names = OperatorRegistry.all.map { $0.schema.name }
      guard subject == .op, !names.contains(where: holds) else { return nil }
      let alias = OperatorRegistry.all.first { $0.schema.aliases.contains(pattern) }
      let meant = alias.map { "did you mean '\($0.schema.name)'?" } ?? suggestion(pattern, names)
      return DiagnosticMessage(
        "pipeline-unknown-operator",
        "no operator is called '\(pattern)'; \(meant ?? "'coppice ops' lists them")")
    }
  }

  /// All of them must hold.
  public var conditions: [Condition]

  /// Makes a scope.
  ///
  /// - Parameter conditions: All of them must hold.
  public init(_ conditions: [Condition]) { self.conditions = conditions }

  /// The text form.
  public var description: String { conditions.map(\.description).joined(separator: ",") }

  /// Whether a node is inside.
  ///
  /// - Parameters:
  ///   - name: The node's name in the model.
  ///   - op: The node's operator, as ONNX calls it.
  /// - Returns: Whether every condition holds.
  public func contains(name: String, op: String) -> Bool {
    conditions.allSatisfy { $0.holds($0.subject == .name ? name : op) }
  }

  /// A warning that a graph has no node inside, with the name that was meant.
  func emptiness(in graph: Graph) -> DiagnosticMessage? {
    let nodes = graph.allNodes.map { graph[$0] }
    guard !nodes.contains(where: { contains(name: $0.name, op: $0.op.name) }) else { return nil }
    let names = nodes.map(\.name)
    let unmet = conditions.first { condition in
      condition.subject == .name && !names.contains(where: condition.holds)
    }
    let meant = unmet.flatMap { suggestion($0.pattern, names) } ?? "'coppice inspect' lists them"
    return DiagnosticMessage("only-nothing", "only{\(self)} holds no node; \(meant)")
  }
}

/// Whether a text matches a glob: `*` stands for any characters, `?` for any one.
///
/// - Parameters:
///   - pattern: The glob.
///   - text: What it is held against.
/// - Returns: Whether all of the text matches.
/// - Complexity: O(*n* * *m*).
package func globMatches(_ pattern: String, _ text: String) -> Bool {
  let (pattern, text) = (Array(pattern), Array(text))
  var (p, t) = (0, 0)
  var retry: (pattern: Int, text: Int)?
  while t < text.count {
    if p < pattern.count, pattern[p] == "*" {
      retry = (p, t)
      p += 1
    } else if p < pattern.count, pattern[p] == "?" || pattern[p] == text[t] {
      p += 1
      t += 1
    } else if let (star, start) = retry {
      retry = (star, start + 1)
      p = star + 1
      t = start + 1
    } else {
      return false
    }
  }
  return pattern[p...].allSatisfy { $0 == "*" }
}
