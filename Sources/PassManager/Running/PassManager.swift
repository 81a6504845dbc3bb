public import CoppiceIR

/// Runs pipelines.
public struct PassManager {
  /// Whether the graph is verified after each pass, and each pass is tried on a permuted graph too, of
  /// which it must make the same.
  public var verifiesEach: Bool
  /// Rounds of a `fix` before it is given up with a warning.
  public var fixLimit: Int
  /// Who watches, in order.
  public var observers: [any PassObserver]

  /// Makes a manager.
  ///
  /// - Parameters:
  ///   - verifiesEach: Whether the graph is verified after each pass.
  ///   - fixLimit: Rounds of a `fix` before it is given up with a warning.
  ///   - observers: Who watches, in order.
  public init(
    verifiesEach: Bool = false, fixLimit: Int = 32, observers: [any PassObserver] = []
  ) {
    self.verifiesEach = verifiesEach
    self.fixLimit = fixLimit
    self.observers = observers
  }

  /// Runs a pipeline on a graph.
  ///
  /// - Parameters:
  ///   - pipeline: From `PassRegistry.resolve`.
  ///   - graph: The graph; half rewritten if a pass throws.
  ///   - context: Services going in; statistics, reports and warnings coming out.
  /// - Throws: What a pass refuses, or what the verifier finds after it, with the pass's name.
  public func run(
    _ pipeline: ResolvedPipeline, on graph: inout Graph, _ context: inout PassContext
  ) throws(Diagnostics) {
    var run = PipelineRun(manager: self)
    if verifiesEach { try run.verify(graph, after: "import") }
    try run.run(pipeline.steps, on: &graph, &context)
    context.begin("", in: [])
    if let refused = context.firstRefused { context.note(.cut(context.rewrites, refused)) }
  }
}

extension DiagnosticMessage {
  fileprivate static func cut(_ rewrites: Int, _ pass: String) -> Self {
    Self(
      "max-rewrites",
      "the pipeline was cut after \(rewrites) rewrite\(rewrites == 1 ? "" : "s"), in '\(pass)'; what "
        + "follows changed nothing")
  }
}

/// A pipeline while it runs.
private struct PipelineRun {
  let manager: PassManager
  var scopes: [NodeScope] = []
  /// Scopes that ran already: what they held may be gone by now.
  var knownScopes: Set<NodeScope> = []
  var index = 0
  private var fixDepth = 0

  init(manager: PassManager) { self.manager = manager }

  /// Runs steps.
  ///
  /// - Returns: Whether the graph is another than before.
  @discardableResult
  mutating func run(
    _ steps: [ResolvedPipeline.Step], on graph: inout Graph, _ context: inout PassContext
  ) throws(Diagnostics) -> Bool {
    var changed = false
    for step in steps {
      switch step {
      case .run(let pass, let text):
        changed = try run(pass, text, on: &graph, &context) || changed
      case .fix(let body, let text):
        changed = try fix(body, text, on: &graph, &context) || changed
      case .only(let scope, let body):
        if knownScopes.insert(scope).inserted, let warning = scope.emptiness(in: graph) {
          context.warn(warning)
        }
        scopes.append(scope)
        changed = try run(body, on: &graph, &context) || changed
        scopes.removeLast()
      case .step(let body, let label, let schedule):
        context.schedule = schedule
        changed = try runStep(body, label, on: &graph, &context) || changed
        context.schedule = nil
      }
    }
    return changed
  }

  /// Runs a step of a schedule, and says so when it prunes nothing.
  private mutating func runStep(
    _ body: [ResolvedPipeline.Step], _ label: String, on graph: inout Graph,
    _ context: inout PassContext
  ) throws(Diagnostics) -> Bool {
    let rewrites = context.rewrites
    let changed = try run(body, on: &graph, &context)
    if context.rewrites == rewrites {
      context.note(DiagnosticMessage("schedule-step", "\(label): nothing more is pruned"))
    }
    return changed
  }

  private mutating func fix(
    _ body: [ResolvedPipeline.Step], _ text: String, on graph: inout Graph,
    _ context: inout PassContext
  ) throws(Diagnostics) -> Bool {
    fixDepth += 1
    defer { fixDepth -= 1 }
    for round in 0..<manager.fixLimit where try !run(body, on: &graph, &context) {
      return round > 0
    }
    context.warn(
      DiagnosticMessage(
        "fix-limit",
        "'\(text)' still changed the graph after \(manager.fixLimit) rounds and was stopped"))
    return true
  }

  private mutating func run(
    _ pass: any Pass, _ text: String, on graph: inout Graph, _ context: inout PassContext
  ) throws(Diagnostics) -> Bool {
    let name = type(of: pass).info.name
    let before = isCompared ? graph : nil
    let rewrites = context.rewrites
    for observer in manager.observers { observer.willRun(text, index: index, on: graph) }
    context.begin(name, text, in: scopes)
    let permuted = manager.verifiesEach ? try tryPermuted(pass, name, graph, context) : nil
    let clock = ContinuousClock()
    let start = clock.now
    try apply(pass, name, on: &graph, &context)
    let duration = clock.now - start
    if manager.verifiesEach { try verify(graph, after: name) }
    try permuted?.compare(with: graph, after: name, type(of: pass).info.exactness)
    index += 1
    guard let before else { return true }
    let changed = !graph.isSame(as: before)
    let run = PassRun(
      pass: text, index: index - 1, changed: changed, rewrites: context.rewrites - rewrites,
      duration: duration)
    for observer in manager.observers { observer.didRun(run, before: before, after: graph) }
    return changed
  }

  /// A snapshot keeps replaced weights alive, so it is taken only where somebody needs it.
  private var isCompared: Bool { fixDepth > 0 || !manager.observers.isEmpty }

  /// No pass may lean on the order of nodes that do not depend on each other.
  private func tryPermuted(
    _ pass: any Pass, _ name: String, _ graph: Graph, _ context: PassContext
  ) throws(Diagnostics) -> OrderCheck {
    var graph = graph
    var context = context
    context.services = context.services.forTrial
    graph.permuteIndependentNodes()
    try verify(graph, after: "a permutation")
    try apply(pass, name, on: &graph, &context)
    try verify(graph, after: name + " on a permuted graph")
    return OrderCheck(graph: graph, isCut: context.firstRefused != nil)
  }

  private func apply(
    _ pass: any Pass, _ name: String, on graph: inout Graph, _ context: inout PassContext
  ) throws(Diagnostics) {
    do {
      try pass.run(on: &graph, &context)
    } catch let diagnostics as Diagnostics {
      throw diagnostics
    } catch let diagnostic as Diagnostic {
      throw Diagnostics([diagnostic])
    } catch let message as DiagnosticMessage {
      var named = message
      named.text = "pass '\(name)': \(message.text)"
      throw Diagnostics([Diagnostic(.error, named)])
    } catch {
      throw Diagnostics([
        Diagnostic(.error, DiagnosticMessage("pass-failed", "pass '\(name)': \(error)"))
      ])
    }
  }

  func verify(_ graph: Graph, after name: String) throws(Diagnostics) {
    let found = Verifier.check(graph)
    guard !found.isEmpty else { return }
    throw Diagnostics(
      found.map { diagnostic in
        var diagnostic = diagnostic
        diagnostic.message.notes.append("found by the verifier after \(name)")
        return diagnostic
      })
  }
}
