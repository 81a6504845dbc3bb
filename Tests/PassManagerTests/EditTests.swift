import CoppiceIR
import CoppicePassManager
import Testing

/// Turns every Relu into an Abs, each by an edit of its own, and may tidy up before.
private struct EditEach: Pass {
  static let info = PassInfo(name: "edit-each", summary: "Edit", statistics: ["refused"])

  init(options: PassOptions) {}

  func run(on graph: inout Graph, _ context: inout PassContext) {
    graph.inlineFused(by: context.preparation)
    for id in graph.allNodes where graph[id].op is Relu {
      if let edit = context.edit(graph[id]) {
        graph.setOperator(id, Abs(), by: edit)
      } else {
        context.count("refused")
      }
    }
  }
}

/// Rewrites the first node that it finds, whatever that is.
private struct EditFirst: Pass {
  static let info = PassInfo(name: "edit-first", summary: "Edit")

  init(options: PassOptions) {}

  func run(on graph: inout Graph, _ context: inout PassContext) {
    guard let id = graph.allNodes.first, let edit = context.edit(graph[id]) else { return }
    graph.setOperator(id, Neg(), by: edit)
  }
}

/// One door for changes: it allows, labels and counts.
@Suite struct EditTests {
  private func run(_ text: String, on graph: inout Graph, limit: Int? = nil) throws -> PassContext {
    var registry = PassRegistry()
    registry.register(EditEach.self)
    registry.register(EditFirst.self)
    var context = PassContext(maxRewrites: limit)
    try PassManager(verifiesEach: true).run(registry.resolve(text), on: &graph, &context)
    return context
  }

  @Test func everyEditIsCountedAndLabelled() throws {
    var graph = chain(head: 3, tail: 0)
    let context = try run("edit-each", on: &graph)
    #expect(context.rewrites == 3 && context.lastRewrite == "edit-each")
    #expect(graph.allNodes.allSatisfy { graph[$0].trail == ["edit-each"] })
  }

  @Test(arguments: 0...4) func noEditBeyondTheLimit(_ limit: Int) throws {
    var graph = chain(head: 3, tail: 0)
    let context = try run("edit-each", on: &graph, limit: limit)
    #expect(graph.operators == String("AAARRR".dropFirst(3 - min(limit, 3)).prefix(3)))
    #expect(context.rewrites == min(limit, 3))
    #expect(context.total("refused", of: "edit-each") == max(3 - limit, 0))
    #expect(context.firstRefused == (limit < 3 ? "edit-each" : nil))
  }

  @Test func noEditOutOfScope() throws {
    var graph = chain(head: 2, tail: 2)
    let context = try run("only{name~\"tail/*\"}(edit-each)", on: &graph)
    #expect(graph.operators == "RRAA" && context.rewrites == 2)
    #expect(context.firstRefused == nil)
    #expect(context.lastRewrite == "only{name~\"tail/*\"}(edit-each)")
  }

  @Test func severalEditsAreLimitedTogether() {
    var context = PassContext(maxRewrites: 5)
    #expect(context.edits(3).count == 3)
    #expect(context.edits(3).count == 2)
    #expect(context.edit()?.pass == nil && context.rewrites == 5)
  }

  @Test func preparationIsNoRewrite() {
    let context = PassContext(maxRewrites: 0)
    _ = context.preparation
    #expect(context.rewrites == 0 && context.firstRefused == nil)
  }

  @Test func aPassThatLeansOnTheOrderIsFound() throws {
    let text = """
      graph @g(%x: f32[2]) {
        %a = Relu(%x) : f32[2]
        %b = Relu(%a) : f32[2]
        %c = Abs(%x) : f32[2]
        return %b, %c
      }
      """
    var graph = try Graph(parsing: text)
    let errors = #expect(throws: Diagnostics.self) { try run("edit-first", on: &graph) }
    #expect(errors?.all.map(\.message.id) == ["order-dependent"])
    var same = try Graph(parsing: text)
    _ = try run("edit-each", on: &same)
  }
}
