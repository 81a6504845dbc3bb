import CoppiceTestSupport
import Foundation
import Testing

/// Everything printed with `--json` has the keys and types that the page about it lists.
@Suite struct JSONPageTests {
  struct Key: Equatable {
    var name: String
    var type: String
    var isOptional: Bool
  }

  /// The tables of the page by their headings.
  static let page: [String: [Key]] = {
    let path = Program.root + "/Sources/Coppice/Coppice.docc/JSON.md"
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [:] }
    var (heading, page) = ("", [String: [Key]]())
    for line in text.split(separator: "\n") {
      if line.hasPrefix("#") {
        heading = line.drop { $0 == "#" || $0 == " " }.filter { $0 != "`" }
      }
      guard line.hasPrefix("| `") else { continue }
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      let name = cells[0].filter { $0 != "`" && $0 != "*" && $0 != " " }
      page[heading, default: []].append(
        Key(name: name, type: cells[1], isOptional: cells[0].hasSuffix("*")))
    }
    return page
  }()

  static let verbs: [(String, [String])] = [
    (
      "inspect",
      [Models.digitsModel, "--passes", "@default,prune-magnitude{sparsity=0.5},sparsify"]
    ),
    ("inspect", [Models.digitsModel, "--passes", "nope"]),
    ("inspect", [Models.digitsModel, "--dim", "no=1"]),
    (
      "compile",
      [Models.digitsModel, "-o", "out", "--passes", "prune-magnitude{sparsity=0.5},sparsify"]
    ),
    ("compile", [Models.digitsModel, "-o", "out", "--explain"]),
    (
      "prune",
      [Models.digitsModel, "-o", "a.onnx", "--passes", "@cleanup,prune-filters{sparsity=0.25}"]
    ),
    (
      "run", [Models.digitsModel, "--inputs", Models.digits + "/test_data_set_0", "--outputs", "o"]
    ),
    ("check", [Models.digitsModel, "--data", Models.digits + "/test_data_set_0"]),
    ("bisect", [Models.digitsModel, "-o", "a.ir", "--passes", "prune-magnitude{sparsity=0.9}"]),
    ("bisect", [Models.digitsModel]), ("passes", []),
  ]

  @Test(arguments: verbs) func everyKeyIsDocumented(_ verb: String, _ words: [String]) throws {
    let folder = try TemporaryFolder()
    let outcome = try Program.coppice([verb] + words + ["--json"], in: folder.path)
    check(try #require(outcome.json as? [String: Any]), verb)
  }

  private func check(_ object: [String: Any], _ section: String) {
    let keys = Self.page[section] ?? []
    #expect(!keys.isEmpty, "\(section) is not documented")
    for (name, value) in object {
      let key = keys.first { $0.name == name }
      #expect(key != nil, "\(section).\(name) is not documented")
      if let key { check(value, key.type, "\(section).\(name)") }
    }
    for key in keys where !key.isOptional {
      #expect(object[key.name] != nil, "\(section).\(key.name) is missing")
    }
  }

  private func check(_ value: Any, _ type: String, _ place: String) {
    if type.hasSuffix(" or null") {
      if value is NSNull { return }
      return check(value, String(type.dropLast(8)), place)
    }
    let number = value as? NSNumber
    switch type {
    case "integer": #expect(number.map { "\($0)" == "\($0.intValue)" } ?? false, "\(place)")
    case "number": #expect(number != nil, "\(place)")
    case "flag": #expect(value is Bool, "\(place)")
    case "text": #expect(value is String, "\(place)")
    case "object": #expect(value is [String: Any], "\(place)")
    case "list": #expect(value is [Any], "\(place)")
    case _ where type.hasPrefix("list of "):
      let element = String(type.dropFirst(8))
      for item in value as? [Any] ?? [] { check(item, element, place) }
      #expect(value is [Any], "\(place)")
    default:
      guard let object = value as? [String: Any] else {
        Issue.record("\(place) is no \(type)")
        return
      }
      check(object, type)
    }
  }

  @Test func everyKeyOfTheManifestIsDocumented() throws {
    let folder = try TemporaryFolder()
    let words = ["compile", Models.digitsModel, "-o", "out", "--name", "net"]
    _ = try Program.coppice(words, in: folder.path)
    let manifest = try JSONSerialization.jsonObject(with: Data(folder.bytes("out/net.json")))
    check(try #require(manifest as? [String: Any]), "NAME.json")
  }
}
