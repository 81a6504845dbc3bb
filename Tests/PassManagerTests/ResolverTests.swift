import CoppiceIR
import CoppicePassManager
import Testing

@Suite struct ResolverTests {
  @Test(arguments: [
    ("abs-for-relu", ["abs-for-relu"]),
    ("@all", ["abs-for-relu{count=2}", "restless"]),
    ("@all,!restless", ["abs-for-relu{count=2}"]),
    ("!abs-for-relu,@all,abs-for-relu", ["restless", "abs-for-relu"]),
    ("@nested,!abs-for-relu", ["restless"]),
    ("fix(@all,!restless),@all", ["abs-for-relu{count=2}", "abs-for-relu{count=2}", "restless"]),
    ("only{op=Relu}(approximate{record=\"a,b\"})", ["approximate{record=\"a,b\"}"]),
  ])
  func expands(_ text: String, _ passes: [String]) throws {
    #expect(try samples.resolve(text).passTexts == passes)
  }

  @Test(arguments: [
    ("abs-for-rleu", 1, "did you mean 'abs-for-relu'?"),
    ("relu", 1, "did you mean 'abs-for-relu'?"),
    ("completely-else", 1, "`coppice passes` lists them"),
    ("@al", 1, "did you mean 'all'?"),
    ("abs-for-relu{cuont=1}", 14, "did you mean 'count'?"),
    ("abs-for-relu{zzzzzz=1}", 14, "it takes count, share, mode"),
    ("abs-for-relu{count=10}", 14, "a whole number from 1 to 9, not '10'"),
    ("abs-for-relu{share=1.5}", 14, "a number from 0 to 1, not '1.5'"),
    ("abs-for-relu{share=nan}", 14, "a number from 0 to 1, not 'nan'"),
    ("abs-for-relu{mode=medium}", 14, "one of fast, slow, not 'medium'"),
    ("approximate", 1, "needs the option 'record': a path"),
    ("@all,!approximate", 6, "no preset here has the pass 'approximate'"),
    ("abs-for-relu,!restless", 14, "this list has no preset"),
    ("@sly", 1, "approximate pass 'approximate', which must be named"),
    ("@loop", 1, "preset 'loop' contains itself"),
  ])
  func saysWhatIsWrong(_ text: String, _ column: Int, _ words: String) throws {
    let errors = #expect(throws: Diagnostics.self) { try samples.resolve(text) }
    let error = try #require(errors?.all.first)
    #expect(errors?.all.count == 1)
    #expect(error.message.text.contains(words), "\(error)")
    if case .text(_, _, let found) = error.location { #expect(found == column) }
  }

  @Test func reportsEverythingAtOnceInOrder() throws {
    let text = "nope,abs-for-relu{count=0,what=1},fix(,a{),@none"
    let errors = try #require(#expect(throws: Diagnostics.self) { try samples.resolve(text) })
    let columns = errors.all.compactMap { column($0) }
    #expect(columns == columns.sorted())
    #expect(
      Set(errors.all.map(\.message.id)).isSuperset(of: [
        "pipeline-unknown-pass", "pass-option-value", "pass-option-unknown", "pipeline-syntax",
      ]))
  }

  @Test func requiredOptionsAndTheirTypesAreNamed() throws {
    let errors = #expect(throws: Diagnostics.self) { try samples.resolve("approximate") }
    #expect(errors?.all.map(\.message.id) == ["pass-option-missing"])
    let options = try PassOptions([:], for: AbsForRelu.info)
    let error = #expect(throws: DiagnosticMessage.self) { try options.flag("count") }
    #expect(error?.id == "pass-option-type")
  }

  @Test func refusesTwoPassesOfOneName() {
    var registry = samples
    registry.register(Restless.self)
    let errors = #expect(throws: Diagnostics.self) { try registry.resolve("restless") }
    #expect(errors?.all.map(\.message.id) == ["pass-name-taken"])
  }
}
