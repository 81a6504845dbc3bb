import CoppiceIR
import CoppicePassManager
import Testing

@Suite struct PipelineTextTests {
  @Test(arguments: [
    "a", "a,b", "fix(a,b)", "@default,!fold-pad,a", "a{k=v}", "a{k=v,l=0.8}",
    "only{name~\"head/*\"}(a)", "only{name~\"x\",op=\"Conv\"}(a,fix(b))",
    "a{path=/tmp/some file.safetensors}", "a{k=\"x,y}\"}", "a{k=\"\"}",
    "fix(only{op=\"Conv\"}(fix(a)),b)", "",
  ])
  func printsWhatItParsed(_ text: String) throws {
    let pipeline = try Pipeline(parsing: text)
    #expect(pipeline.description == text)
    #expect(try Pipeline(parsing: pipeline.description) == pipeline)
  }

  @Test(arguments: [
    (" a , fix( b ) ", "a,fix(b)"), ("a{}", "a"), ("a{ k = v w , l=1 }", "a{k=v w,l=1}"),
    ("a{k=\"plain\"}", "a{k=plain}"), ("only{op=Conv}(a)", "only{op=\"Conv\"}(a)"),
    ("a{k=\"q\\\"b\\\\\"}", "a{k=q\"b\\}"), ("a{k=\"\\\"q\"}", "a{k=\"\\\"q\"}"),
  ])
  func printsOneForm(_ text: String, _ printed: String) throws {
    let pipeline = try Pipeline(parsing: text)
    #expect(pipeline.description == printed)
    #expect(try Pipeline(parsing: printed) == pipeline)
  }

  @Test(arguments: [
    ("a,,b", [3]), ("a b", [3]), ("fix a", [5]), ("fix(a", [4]), ("a)", [2]), ("a{k}", [4]),
    ("a{k=}", [5]), ("a{k=1", [2]), ("a{k=\"x}", [5]), ("a{k=1,k=2}", [7]), ("only(a)", [5]),
    ("only{kind=x}(a)", [6]), ("only{}(a)", [5]), ("only{name}(a)", [10]), ("@,a", [2]),
    ("a{x},fix b,c{=2}", [4, 10, 14]), ("a,(b),,c", [3, 7]),
  ])
  func pointsAtEveryError(_ text: String, _ columns: [Int]) throws {
    let errors = #expect(throws: Diagnostics.self) { try Pipeline(parsing: text) }
    #expect(errors?.all.compactMap(column) == columns)
  }

  @Test func showsTheLineWithACaret() throws {
    let errors = #expect(throws: Diagnostics.self) { try Pipeline(parsing: "a,\nb{k},c") }
    let error = try #require(errors?.all.first)
    #expect(error.location == .text(file: "--passes", line: 2, column: 4))
    #expect(error.message.notes.first == "b{k},c\n           ^")
  }

  @Test func refusesDeepNesting() throws {
    let text = String(repeating: "fix(", count: 100_000)
    let errors = #expect(throws: Diagnostics.self) { try Pipeline(parsing: text) }
    #expect(errors?.all.first?.message.text.contains("deeper than 32") == true)
  }

  @Test(arguments: [
    ("head/*", "head/conv", true), ("head/*", "header", false), ("*", "", true),
    ("a?c", "abc", true), ("a?c", "ac", false), ("*b*b", "abcb", true), ("*b*b", "abc", false),
    ("", "a", false), ("a**", "a", true),
  ])
  func matchesGlobs(_ pattern: String, _ text: String, _ matches: Bool) {
    let scope = NodeScope([.init(.name, isGlob: true, pattern)])
    #expect(scope.contains(name: text, op: "Conv") == matches)
  }
}

func column(_ diagnostic: Diagnostic) -> Int? {
  if case .text(_, _, let column) = diagnostic.location { column } else { nil }
}
