import CoppiceTestSupport
import Foundation
import Testing

/// `passes` and `ops`, as text, Markdown and JSON.
@Suite struct ListTests {
  @Test func everyPassIsInEveryForm() throws {
    let json = try Program.coppice(["passes", "--json"]).object
    let passes = try #require(json["passes"] as? [[String: Any]])
    let text = try Program.coppice(["passes"]).text
    let manual = try Program.coppice(["passes", "--markdown"]).text
    #expect(passes.count >= 12)
    for pass in passes {
      let name = try #require(pass["name"] as? String)
      #expect(["exact", "approximate"].contains(pass["exactness"] as? String))
      #expect(text.contains("\n\(name) ") && manual.contains("\n## `\(name)`\n"))
      for option in try #require(pass["options"] as? [[String: Any]]) {
        let option = try #require(option["name"] as? String)
        #expect(manual.contains("\n| `\(option)` | "))
      }
    }
    let presets = try #require(json["presets"] as? [[String: Any]])
    let texts = presets.compactMap { $0["text"] as? String }
    #expect(presets.contains { $0["name"] as? String == "default" })
    let approximate = passes.filter { $0["exactness"] as? String == "approximate" }
    for pass in approximate.compactMap({ $0["name"] as? String }) {
      #expect(texts.allSatisfy { !$0.contains(pass) })
    }
  }

  @Test func theListShowsOptions() throws {
    let text = try Program.coppice(["passes"], environment: ["COLUMNS": "200"]).text
    let row = try #require(text.split(separator: "\n").first { $0.hasPrefix("prune-oracle ") })
    #expect(row.contains("data* sparsity* score"))
  }

  @Test func oneIsShownInFull() throws {
    let outcome = try Program.coppice(["passes", "prune-magnitude", "@cleanup"])
    #expect(outcome.status == 0)
    for words in [
      "prune-magnitude (approximate): ", "sparsity ", "a number from 0 to 1", "It counts ",
      "--passes '@default,prune-magnitude{sparsity=0.8},sparsify'", "@cleanup: ", "  fix(",
    ] { #expect(outcome.text.contains(words), "\(words)") }
    #expect(!outcome.text.contains("fold-pad (exact)"))
    let list = try Program.coppice(["passes", "sparsify", "--json"]).object["passes"]
    #expect((list as? [[String: Any]])?.map { $0["name"] as? String } == ["sparsify"])
  }

  @Test func unknownNamesGetSuggestions() throws {
    let outcome = try Program.coppice(["passes", "prune-magnitud", "@defualt", "--json"])
    #expect(outcome.status == 2 && outcome.ids == ["unknown-pass", "unknown-pass"])
    #expect(outcome.errors.contains("did you mean 'prune-magnitude'?"))
    #expect(outcome.errors.contains("did you mean '@default'?"))
  }

  @Test(arguments: [["comple", "x.onnx"], ["help", "comple"]])
  func misspeltVerbsGetSuggestions(_ words: [String]) throws {
    let outcome = try Program.coppice(words)
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains("There is no verb 'comple'; did you mean 'compile'?"))
  }

  @Test func aFileWithoutAVerbIsTold() throws {
    let outcome = try Program.coppice(["net.onnx"])
    #expect(outcome.status == 64)
    #expect(
      outcome.errors.contains("a verb stands before a file, as in 'coppice inspect net.onnx'"))
  }

  @Test(arguments: [
    ("--flash", "30Kb", "such as 30720, 30K or 1M"), ("--ram", "-1", "such as 30720, 30K or 1M"),
    ("--dim", "batch=one", "such as batch=1"), ("--dim", "batch", "such as batch=1"),
  ])
  func valuesThatCannotBeReadAreExplained(
    _ option: String, _ value: String, _ words: String
  ) throws {
    let outcome = try Program.coppice(["compile", "net.onnx", "-o", "out", "\(option)=\(value)"])
    #expect(outcome.status == 64 && outcome.errors.contains(words), "\(outcome.errors)")
  }

  @Test(arguments: ["", "compile", "run", "check", "prune", "inspect", "passes"])
  func helpHasExamples(_ verb: String) throws {
    let text = try Program.coppice([verb, "--help"].filter { !$0.isEmpty }).text
    #expect(text.contains("coppice \(verb)".trimmingCharacters(in: .whitespaces) + " "))
    #expect(text.contains(".onnx") || verb == "passes")
  }

  @Test func everyOperatorIsInEveryForm() throws {
    let list = try #require(try Program.coppice(["ops", "--json"]).json as? [[String: Any]])
    let text = try Program.coppice(["ops"]).text
    let table = try Program.coppice(["ops", "--markdown"]).text
      .split(separator: "\n").filter { $0.hasPrefix("|") }
    #expect(table.count == list.count + 2)
    #expect(
      table.allSatisfy { $0.split(separator: "|", omittingEmptySubsequences: false).count == 6 })
    for operation in list {
      let name = try #require(operation["name"] as? String)
      let domain = try #require(operation["domain"] as? String)
      #expect(text.contains((domain.isEmpty ? "\n" : "\n\(domain).") + name + " "))
      let names = try #require(operation["attributes"] as? [String])
      let values = try #require(operation["attribute_values"] as? [String: [String: Any]])
      #expect(Set(names) == Set(values.keys))
      #expect(values.values.allSatisfy { $0["kind"] is String })
    }
    let shift = try #require(list.first { $0["name"] as? String == "BitShift" })
    let values = try #require(shift["attribute_values"] as? [String: [String: Any]])
    #expect(values["direction"]?["allowed"] as? [String] == ["LEFT", "RIGHT"])
  }

  @Test func theVersionIsThatOfTheFiles() throws {
    let version = try Program.coppice(["--version"]).text.split(separator: "\n").first ?? ""
    #expect(version.split(separator: ".").count == 3)
    let folder = try TemporaryFolder()
    _ = try Program.coppice(["compile", Models.digitsModel, "-o", "out"], in: folder.path)
    #expect(try folder.text("out/digits.json").contains("\"coppice \(version)\""))
  }
}
