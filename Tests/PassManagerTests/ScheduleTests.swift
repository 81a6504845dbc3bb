import CoppiceIR
import CoppicePassManager
import Testing

/// Takes an amount and a lock, and says what it got.
private struct Amounts: Pass {
  static let info = PassInfo(
    name: "amounts", summary: "Note the amount",
    options: [
      PassOption("sparsity", .decimal(0...1), "Gone"), PassOption("keep", .decimal(0...1), "Left"),
      PassOption("count", .integer(0...9), "So many"),
      PassOption("keep-zeros", .flag, default: "false", "Lock"),
    ])
  let options: PassOptions

  init(options: PassOptions) throws {
    _ = try options.exactlyOne(of: ["sparsity", "keep", "count"])
    self.options = options
  }

  func run(on graph: inout Graph, _ context: inout PassContext) throws {
    let number = try options.decimal("sparsity") ?? options.decimal("keep")
    let lock = try options.flag("keep-zeros") ? "locked" : "open"
    context.note(DiagnosticMessage("amount", "\(number?.text ?? "") \(lock)"))
    if let number, number.floor(times: 50) % 2 == 1 { _ = context.edit() }
  }
}

/// The amounts of `pruning.md` 6.4 and of the loops of `pruning-cases.md`, and how they are written.
@Suite struct ScheduleTests {
  private func run(_ text: String) throws -> [Diagnostic] {
    var registry = PassRegistry()
    registry.register(Amounts.self)
    var graph = try Graph(parsing: "graph @g(%x: f32[1]) {\nreturn %x\n}")
    var context = PassContext()
    try PassManager().run(registry.resolve(text), on: &graph, &context)
    return context.diagnostics
  }

  /// The amounts that a list of passes gets, step by step.
  private func amounts(_ schedule: String, _ body: String = "amounts") throws -> [ExactDecimal] {
    try run("schedule{\(schedule)}(\(body))").filter { $0.message.id == "amount" }.map {
      try #require(ExactDecimal(String($0.message.text.split(separator: " ")[0])))
    }
  }

  @Test(arguments: [
    ("cubic", [0.3904, 0.6272, 0.7488, 0.7936, 0.8], [19, 31, 37, 39, 40]),
    ("linear", [0.16, 0.32, 0.48, 0.64, 0.8], [8, 16, 24, 32, 40]),
    ("exponential", [0.448756, 0.650395, 0.740997, 0.781708, 0.8], [22, 32, 37, 39, 40]),
  ])
  func countsToEightyPercentInFiveSteps(_ kind: String, _ shares: [Double], _ counts: [Int]) throws
  {
    let found = try amounts("kind=\(kind),from=0,to=0.8,steps=5")
    #expect(found.map { $0.floor(times: 50) } == counts)
    #expect(zip(found, shares).allSatisfy { abs($0.double - $1) < 1e-6 })
    for step in 1...5 {
      let one = try amounts("kind=\(kind),from=0,to=0.8,steps=5,step=\(step)")
      #expect(one == [found[step - 1]])
    }
  }

  @Test(arguments: [(10, 0.2168), (25, 0.4625), (50, 0.7), (75, 0.7875), (100, 0.8)])
  func agpOverAHundredSteps(_ step: Int, _ share: Double) throws {
    let found = try amounts("kind=cubic,from=0,to=0.8,steps=100,step=\(step)")
    #expect(abs(found[0].double - share) < 1e-6)
  }

  /// Constant at both ends, as the released code of movement pruning does it.
  @Test(arguments: [
    (0, 1, 0), (10, 1, 0), (11, 0.964089, 0.004225), (30, 0.459767, 0.063557),
    (45, 0.25625, 0.0875), (60, 0.169825, 0.097668), (79, 0.150002, 0.1), (80, 0.15, 0.1),
    (100, 0.15, 0.1),
  ])
  func warmUpsAreConstant(_ step: Int, _ keep: Double, _ tau: Double) throws {
    let steps = "kind=cubic,steps=100,begin=10,end=80,step=\(step)"
    let found = try amounts("\(steps),from=1,to=0.15,amount=keep")
    #expect(abs(found[0].double - keep) < 1e-6)
    #expect(abs(try amounts("\(steps),from=0,to=0.1")[0].double - tau) < 1e-6)
  }

  /// Thirds are no decimals, and their counts are exact all the same.
  @Test func amountsAreExact() throws {
    let thirds = try amounts("kind=linear,to=1,steps=3")
    #expect(thirds.map { $0.floor(times: 3) } == [1, 2, 3])
    #expect(thirds.map { $0.floor(times: 300_000_000_003) }[0] == 100_000_000_001)
    #expect(try amounts("kind=linear,to=0.7,steps=7").map { $0.floor(times: 10) } == Array(1...7))
    #expect(try amounts("kind=cubic,to=0.27,steps=3,step=1")[0].text == "0.19")
    #expect(try amounts("kind=cubic,to=0.123456789012345678,steps=9999,step=7").count == 1)
  }

  @Test func zerosAreLockedUnlessTheUserSaysOtherwise() throws {
    let notes = try run(
      "schedule{to=1,steps=1}(amounts,amounts{keep-zeros=false},only{op=Conv}(fix(amounts)))")
    #expect(
      notes.filter { $0.message.id == "amount" }.map(\.message.text) == [
        "1 locked", "1 open", "1 locked",
      ])
  }

  @Test func aStepThatPrunesNothingSaysSo() throws {
    let notes = try run("schedule{kind=linear,to=0.08,steps=4}(amounts)")
    #expect(
      notes.filter { $0.message.id == "schedule-step" }.map(\.message.text) == [
        "step 2 of 4, sparsity=0.04: nothing more is pruned",
        "step 4 of 4, sparsity=0.08: nothing more is pruned",
      ])
  }

  @Test(arguments: [
    "schedule{to=0.8,steps=5}(amounts{sparsity=0.5})", "schedule{to=0.8,steps=5}(amounts{count=1})",
    "schedule{to=0.8,steps=5}(fix(schedule{to=0.8,steps=5}(amounts)))",
    "schedule{to=0.8,steps=5,amount=threshold}(amounts)", "schedule{to=0.8}(amounts)",
    "schedule{to=0.8,steps=5,step=6}(amounts)", "schedule{to=1.5,steps=5}(amounts)",
    "schedule{to=0.8,steps=5,begin=5}(amounts)", "schedule{to=0.8,steps=5,end=6}(amounts)",
    "schedule{to=0.8,steps=5,kind=square}(amounts)", "schedule(amounts)", "schedule{to=1,steps=2}",
  ])
  func whatCannotBeSetIsRefusedOnce(_ text: String) throws {
    let errors = #expect(throws: Diagnostics.self) { try run(text) }
    #expect(errors?.all.count == 1, "\(errors?.all ?? [])")
  }

  @Test func itPrintsAsItWasWritten() throws {
    let text =
      "@default,schedule{kind=cubic,to=0.8,steps=5,step=2}(amounts{keep-zeros=true},fix(a))"
    #expect(try Pipeline(parsing: text).description == text)
  }
}
