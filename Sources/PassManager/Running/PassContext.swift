@_spi(RawEditing) public import CoppiceIR

/// What a pass gets beside the graph: permission to rewrite, services, and a place for its results.
public struct PassContext: Sendable {
  /// What the driver does for passes.
  public internal(set) var services: PassServices
  /// Rewrites allowed in all; `nil` for as many as there are.
  public let maxRewrites: Int?
  /// What is left of the elements and turns of loops that folding constants may take.
  public var foldedWork: Int
  /// Whether pruning passes leave an account of each unit; it costs memory, so that it is asked for.
  public let audits: Bool
  /// The pass that runs.
  public private(set) var passName = ""
  /// The pass that runs, with its options as the pipeline writes them.
  public private(set) var passText = ""
  /// The number of the schedule that runs the pass; amounts count on the model before its first step.
  public internal(set) var schedule: Int?
  /// Rewrites made by all passes so far.
  public private(set) var rewrites = 0
  private var rewriter: (pass: String, scopes: [NodeScope])?
  /// The pass that made the last rewrite, as a pipeline writes it, with the `only{...}` around it.
  public var lastRewrite: String? {
    rewriter.map { $0.scopes.reversed().reduce($0.pass) { "only{\($1)}(\($0))" } }
  }
  /// The first pass that was refused a rewrite because there were `maxRewrites`, as the pipeline writes it.
  public private(set) var firstRefused: String?
  /// Warnings and notes so far.
  public private(set) var diagnostics: [Diagnostic] = []
  /// What passes left so far, in order.
  private var results: [(pass: String, value: any PassResult)] = []
  /// Counts so far, by pass and name.
  private var counts: [String: [String: Int]] = [:]
  private var scopes: [NodeScope] = []

  /// Makes a context.
  ///
  /// - Parameters:
  ///   - services: What the driver does for passes.
  ///   - maxRewrites: Rewrites allowed in all; `nil` for as many as there are.
  ///   - foldedWork: Elements and turns of loops that folding constants may take in all.
  ///   - audits: Whether pruning passes leave an account of each unit.
  public init(
    services: PassServices = PassServices(), maxRewrites: Int? = nil,
    foldedWork: Int = Limits().foldedWork, audits: Bool = false
  ) {
    self.audits = audits
    self.services = services
    self.maxRewrites = maxRewrites
    self.foldedWork = foldedWork
  }

  /// Asks for one rewrite, and counts it.
  ///
  /// Every rewrite asks, so that a wrong answer can be bisected to one of them.
  ///
  /// - Returns: What the graph's methods want to be given; `nil` when the rewrite may not be made.
  public mutating func edit() -> Edit? { takesOne() ? Edit(passName) : nil }

  /// Asks for one rewrite of a node, and counts it.
  ///
  /// - Parameter node: The node, with its name and operator.
  /// - Returns: What the graph's methods want to be given; `nil` when the node is not in scope or the
  ///   rewrite may not be made.
  public mutating func edit(_ node: Node) -> Edit? { isInScope(node) ? edit() : nil }

  /// Asks for several rewrites that are made at once, and counts those that may be made.
  ///
  /// - Parameter count: How many are wanted.
  /// - Returns: One edit for each that may be made, the first ones.
  public mutating func edits(_ count: Int) -> [Edit] { (0..<count).compactMap { _ in edit() } }

  /// For what is no rewrite, and is neither limited nor counted: changes of a copy that is only tried
  /// out, what is built beside the nodes before a rewrite is asked for (`Graph.takeBack`), taking
  /// fused nodes apart, and dropping what a rewrite left unread.
  public var preparation: Edit { Edit(passName) }

  private mutating func takesOne() -> Bool {
    if let maxRewrites, rewrites >= maxRewrites {
      if firstRefused == nil { firstRefused = passText }
      return false
    }
    rewrites += 1
    rewriter = (passText, scopes)
    return true
  }

  /// Whether the `only{...}` around the pass lets it touch a node.
  ///
  /// - Parameter node: The node, with its name and operator.
  /// - Returns: Whether every scope holds it.
  public func isInScope(_ node: Node) -> Bool {
    scopes.allSatisfy { $0.contains(name: node.name, op: node.op.name) }
  }

  /// Whether an `only{...}` limits the pass.
  public var isScoped: Bool { !scopes.isEmpty }

  /// Counts something the pass did.
  ///
  /// - Parameters:
  ///   - statistic: A name that the pass declares.
  ///   - amount: How many.
  public mutating func count(_ statistic: String, by amount: Int = 1) {
    counts[passName, default: [:]][statistic, default: 0] += amount
  }

  /// How much was counted.
  ///
  /// - Parameters:
  ///   - statistic: A name that the pass declares.
  ///   - pass: The pass.
  /// - Returns: The sum over all its runs.
  public func total(_ statistic: String, of pass: String) -> Int { counts[pass]?[statistic] ?? 0 }

  /// All counts, by pass and name in alphabetical order.
  public var statistics: [(pass: String, statistic: String, total: Int)] {
    counts.sorted { $0.key < $1.key }.flatMap { pass, table in
      table.sorted { $0.key < $1.key }.map { (pass, $0.key, $0.value) }
    }
  }

  /// Warns the user.
  ///
  /// - Parameters:
  ///   - message: What to say.
  ///   - location: Where it points.
  public mutating func warn(_ message: DiagnosticMessage, at location: Location = .none) {
    diagnostics.append(Diagnostic(.warning, message, at: location))
  }

  /// Tells the user something.
  ///
  /// - Parameters:
  ///   - message: What to say.
  ///   - location: Where it points.
  public mutating func note(_ message: DiagnosticMessage, at location: Location = .none) {
    diagnostics.append(Diagnostic(.note, message, at: location))
  }

  /// Leaves a result for the user or for later passes.
  ///
  /// - Parameter result: A value of the pass's own type.
  public mutating func leave(_ result: some PassResult) { results.append((passName, result)) }

  /// The results of one type.
  ///
  /// - Parameter type: A pass's own type.
  /// - Returns: What was left of that type, in order.
  public func results<Result: PassResult>(of type: Result.Type) -> [Result] {
    results.compactMap { $0.value as? Result }
  }

  /// The tables of all results that have one, with the pass that left each, in order.
  public var tables: [(pass: String, table: ResultTable)] {
    results.compactMap { pass, result in result.table.map { (pass, $0) } }
  }

  mutating func begin(_ pass: String, _ text: String = "", in scopes: [NodeScope]) {
    passName = pass
    passText = text
    self.scopes = scopes
  }
}
