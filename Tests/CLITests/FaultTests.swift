import CoppiceTestSupport
import Foundation
import Testing

/// Every call of the driver that touches a file fails once, each in its own run: a documented
/// status, a message that names what failed, all files or none, nothing temporary left.
@Suite struct FaultTests {
  struct Verb: Sendable, CustomTestStringConvertible {
    let words: String
    /// What a run that fails may end with.
    var failures: [Int32] = [2]
    var testDescription: String { words }
  }

  static let verbs =
    ["inline", "split", "blob"].map {
      Verb(words: "compile model.onnx -o out --name net --weights \($0)")
    } + [
      Verb(words: "prune model.onnx -o out/new.onnx --masks out/masks.st"),
      Verb(words: "inspect model.onnx --json"),
      Verb(words: "run model.onnx --inputs data --outputs out", failures: [2, 3, 4]),
      Verb(words: "check model.onnx --data data", failures: [2, 3, 4]),
    ]

  @Test(arguments: verbs) func aCallThatFailsLeavesAllOrNothing(_ verb: Verb) throws {
    let bench = try Bench(verb)
    var (count, failed) = (0, 0)
    while let (outcome, call) = try bench.run(failing: count + 1) {
      count += 1
      #expect(outcome.status == 0 || verb.failures.contains(outcome.status), "\(call)")
      if outcome.status == 0 {
        #expect(try bench.state() == bench.whole, "\(call): \(outcome.errors)")
        continue
      }
      failed += 1
      #expect(try bench.state() == bench.before, "\(call): \(outcome.errors)")
      let names = [
        "model.onnx", "out", "data", "net", "standard output", bench.scratch, "'cc'",
        "compiled model",
      ]
      let isNamed = names.contains { outcome.errors.contains($0) }
      #expect(outcome.errors.contains("error[") && isNamed, "\(call): \(outcome.errors)")
    }
    #expect(failed >= 4 && count < 500)
  }

  @Test(arguments: verbs) func aCallThatIsCutShortIsGoneOnWith(_ verb: Verb) throws {
    let bench = try Bench(verb)
    var count = 0
    while let (outcome, call) = try bench.run(failing: count + 1, isShort: true) {
      count += 1
      #expect(outcome.status == 0, "\(call): \(outcome.errors)")
      #expect(try bench.state() == bench.whole, "\(call)")
    }
    #expect(count >= 2 && count < 500)
  }
}

/// A folder in which one verb runs again and again.
private struct Bench {
  let verb: FaultTests.Verb
  let folder: TemporaryFolder
  let before: [String: [UInt8]]
  let whole: [String: [UInt8]]
  let scratch: String
  private let library: String
  private let compiler: String

  init(_ verb: FaultTests.Verb) throws {
    self.verb = verb
    folder = try TemporaryFolder()
    library = try #require(FaultLibrary.path)
    scratch = folder.path + "/scratch"
    compiler = try Self.prepare(folder)
    try Self.clean(folder)
    before = try Self.state(folder)
    let words = verb.words.split(separator: " ").map(String.init)
    let environment = ["TMPDIR": scratch, "CC": compiler]
    let outcome = try Program.coppice(words, in: folder.path, environment: environment)
    try #require(outcome.status == 0, "\(outcome.errors)")
    whole = try Self.state(folder)
  }

  /// A model, its vectors, and a compiler that hands out what the real one made once.
  private static func prepare(_ folder: TemporaryFolder) throws -> String {
    try folder.write(Models.weighted)
    try folder.write([], "scratch/kept")
    for name in ["input_0.pb", "output_0.pb"] {
      try folder.write(
        Onnx.tensor("t", 1, [1, 4], raw: floats([1, 2, 3, 4])).bytes, "data/" + name)
    }
    try folder.write(
      """
      #!/bin/sh
      made="\(folder.path)/made"
      for word in "$@"; do [ "$last" = -o ] && out=$word; last=$word; done
      [ ! -e "$made" ] || exec cp "$made" "$out"
      cc "$@" && cp "$out" "$made"
      """, "cc")
    return "sh \(folder.path)/cc"
  }

  /// Runs the verb with one call failing; nil when it makes fewer calls.
  func run(failing index: Int, isShort: Bool = false) throws -> (Outcome, String)? {
    try Self.clean(folder)
    var environment = [
      "TMPDIR": scratch, "CC": compiler, "FAULT_AT": "\(index)",
      "FAULT_LOG": folder.path + "/log",
    ]
    if isShort { environment["FAULT_SHORT"] = "1" }
    let start = ["env", "LD_PRELOAD=\(library)", Program.coppice]
    let words = start + verb.words.split(separator: " ").map(String.init)
    let outcome = try Program.run(words, in: folder.path, environment: environment)
    guard folder.exists("log") else { return nil }
    return (outcome, "call \(index), " + (try folder.text("log")))
  }

  private static func clean(_ folder: TemporaryFolder) throws {
    for name in ["out", "log"] where folder.exists(name) {
      try FileManager.default.removeItem(atPath: folder.path + "/" + name)
    }
    try folder.write("old", "out/net.c")
  }

  func state() throws -> [String: [UInt8]] { try Self.state(folder) }

  /// Every file, but for what the test itself writes.
  private static func state(_ folder: TemporaryFolder) throws -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    for name in names where name != "log" && name != "made" {
      files[name] = (try? folder.bytes(name)) ?? []
    }
    return files
  }
}
