import CoppiceIR
import CoppicePassManager
import Testing

@Suite struct ManagerTests {
  private func run(
    _ text: String, on graph: inout Graph, _ context: inout PassContext,
    observers: [any PassObserver] = []
  ) throws {
    let manager = PassManager(verifiesEach: true, observers: observers)
    try manager.run(samples.resolve(text), on: &graph, &context)
  }

  @Test(arguments: [
    ("abs-for-relu", "AAAA"), ("abs-for-relu{count=1}", "ARRR"),
    ("fix(abs-for-relu{count=1})", "AAAA"),
    ("only{name~\"tail/*\"}(abs-for-relu)", "RRAA"),
    ("only{name~\"tail/*\"}(only{name=tail/1}(abs-for-relu))", "RRRA"),
    ("only{op=Abs}(abs-for-relu)", "RRRR"), ("", "RRRR"),
  ])
  func rewritesWhatThePipelineSays(_ text: String, _ operators: String) throws {
    var graph = chain(head: 2, tail: 2)
    var context = PassContext()
    try run(text, on: &graph, &context)
    #expect(graph.operators == operators)
    #expect(context.total("relus", of: "abs-for-relu") == operators.count { $0 == "A" })
  }

  @Test(arguments: 0...5) func stopsAfterRewrites(_ limit: Int) throws {
    var graph = chain(head: 4, tail: 0)
    var context = PassContext(maxRewrites: limit)
    try run("fix(abs-for-relu{count=3})", on: &graph, &context)
    #expect(graph.operators == String("AAAARRRR".dropFirst(4 - min(limit, 4)).prefix(4)))
    #expect(context.rewrites == min(limit, 4))
  }

  @Test func givesUpOnAFixThatNeverEnds() throws {
    var graph = chain(head: 1, tail: 0)
    var context = PassContext()
    try run("fix(restless)", on: &graph, &context)
    #expect(context.diagnostics.map(\.message.id) == ["fix-limit"])
  }

  @Test func errorsOfOtherTypesAreNamedToo() throws {
    var registry = samples
    registry.register(Foreign.self)
    var graph = chain(head: 1, tail: 0)
    var context = PassContext()
    let pipeline = try registry.resolve("foreign")
    let errors = #expect(throws: Diagnostics.self) {
      try PassManager().run(pipeline, on: &graph, &context)
    }
    #expect(errors?.all.map(\.message.id) == ["pass-failed"])
    #expect(errors?.all.first?.message.text.hasPrefix("pass 'foreign': ") == true)
  }

  @Test func namesThePassThatThrows() throws {
    var graph = chain(head: 1, tail: 0)
    var context = PassContext()
    let errors = #expect(throws: Diagnostics.self) {
      try run("approximate{record=x}", on: &graph, &context)
    }
    #expect(errors?.all.first?.message.text == "pass 'approximate': refused")
  }

  @Test func resultsAreFoundByTheirType() throws {
    var graph = chain(head: 1, tail: 0)
    var context = PassContext()
    try run("count-nodes,abs-for-relu,count-nodes", on: &graph, &context)
    #expect(context.results(of: NodeCount.self).map(\.nodes) == [1, 1])
    #expect(context.results(of: Unseen.self).map(\.text) == ["seen by passes", "seen by passes"])
    #expect(context.tables.map(\.pass) == ["count-nodes", "count-nodes"])
    #expect(context.tables.first?.table.rows == [[.integer(1)]])
  }

  @Test func observersSeeEveryRunAndChange() throws {
    let timer = PassTimer()
    var printed: [String] = []
    let printer = ChangePrinter { printed.append($0) }
    var graph = chain(head: 2, tail: 0)
    var context = PassContext()
    try run(
      "fix(abs-for-relu{count=1}),abs-for-relu", on: &graph, &context, observers: [timer, printer])
    #expect(timer.rows.map(\.pass) == ["abs-for-relu{count=1}", "abs-for-relu"])
    #expect(timer.rows.map(\.runs) == [3, 1])
    #expect(timer.rows.map(\.changes) == [2, 0])
    #expect(printed.count == 2)
    #expect(printed.first?.hasPrefix("// after abs-for-relu{count=1} (#0, 1 rewrite)\n") == true)
  }
}
