import CoppiceTestSupport
import Testing

/// What a model asks too much of is refused by name, and `--limit` allows it.
@Suite struct LimitTests {
  struct Row: CustomTestStringConvertible, Sendable {
    let name: String
    let verb: [String]
    let low: Int
    let high: Int
    let id: String
    var status: Int32 = 2
    let model: [UInt8]
    var testDescription: String { name }
  }

  static let compile = ["compile", "model.onnx", "-o", "out", "--name", "net"]
  static let prune = ["prune", "model.onnx", "-o", "pruned.onnx", "--passes", "@default"]

  static let rows = [
    Row(name: "nodes", verb: compile, low: 4, high: 5, id: "too-many-nodes", model: chain(5)),
    Row(name: "depth", verb: compile, low: 4, high: 5, id: "call-depth", model: calls(5)),
    Row(
      name: "expression", verb: compile, low: 1, high: 100, id: "expression-size",
      model: Models.relu),
    Row(
      name: "folded-work", verb: compile, low: 0, high: 10_000, id: "folded-work", status: 0,
      model: outer()),
    Row(
      name: "export-bytes", verb: prune, low: 1000, high: 20_000, id: "export-bytes", model: outer()
    ),
    Row(
      name: "turns", verb: compile, low: 2999, high: 3000, id: "loop-length",
      model: LongLoopTests.adding(3000)),
  ]

  @Test(arguments: rows) func isReportedAndCanBeRaised(_ row: Row) throws {
    let folder = try TemporaryFolder()
    try folder.write(row.model)
    let words = row.verb + ["--json", "--limit"]
    let refused = try Program.coppice(words + ["\(row.name)=\(row.low)"], in: folder.path)
    #expect(refused.status == row.status)
    #expect(refused.ids.contains(row.id), "\(refused.errors)")
    #expect(!refused.ids.contains("missing-output"), "\(refused.errors)")
    #expect(refused.errors.contains("--limit \(row.name)="), "\(refused.errors)")
    let allowed = try Program.coppice(words + ["\(row.name)=\(row.high)"], in: folder.path)
    #expect(allowed.status == 0, "\(allowed.errors)")
    #expect(allowed.ids == (row.verb.first == "prune" ? ["prune-nothing"] : []))
  }

  @Test(arguments: ["compile", "prune", "inspect"])
  func fiveThousandFunctionsInEachOtherAreRefused(_ verb: String) throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.calls(5000))
    let output = verb == "inspect" ? [] : ["-o", "out"]
    for more in [[], ["--limit", "depth=500"]] {
      let words = [verb, "model.onnx", "--json"] + output + more
      let outcome = try Program.coppice(words, in: folder.path)
      #expect(outcome.status == 2)
      #expect(outcome.ids.contains("call-depth"))
      let deep = try #require(
        outcome.errors.split(separator: "\n").first { $0.contains("call-depth") })
      #expect(deep.count < 400, "\(deep)")
    }
  }

  @Test func hugeUniformConstantsTakeNoMemory() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.uniform([1 << 17, 1 << 17]))
    let outcome = try Program.coppice(Self.prune, in: folder.path)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try folder.bytes("pruned.onnx").count < 1000)
  }

  @Test(arguments: ["depth", "depth=", "depth=0", "depth=501", "nodes=-1", "bytes=1", "=1"])
  func wrongLimitsAreWrongUsage(_ text: String) throws {
    #expect(try Program.coppice(["inspect", "model.onnx", "--limit", text]).status == 64)
  }

  @Test(arguments: [
    ("ndes=3", "there is no limit 'ndes'; did you mean 'nodes'?"),
    ("depth=501", "limit 'depth' takes a whole number from 1 to 500"),
  ])
  func wrongLimitsAreExplained(_ text: String, _ reason: String) throws {
    let outcome = try Program.coppice(["inspect", "model.onnx", "--limit", text])
    #expect(outcome.errors.contains(reason), "\(outcome.errors)")
  }

  static func chain(_ count: Int) -> [UInt8] {
    let nodes = (0..<count).map { index in
      Onnx.node(
        "Sin", [index == 0 ? "x" : "v\(index)"], [index == count - 1 ? "y" : "v\(index + 1)"])
    }
    return Onnx.model(
      Onnx.graph(nodes, inputs: [Onnx.value("x", 1, [4])], outputs: [Onnx.value("y", 1, [4])]))
  }

  static func calls(_ depth: Int) -> [UInt8] {
    let functions = (0..<depth).map { index in
      let isLast = index == depth - 1
      let body = Onnx.node(
        isLast ? "Sin" : "F\(index + 1)", ["a"], ["b"], domain: isLast ? "" : "test")
      return Onnx.function("F\(index)", ["a"], ["b"], [body])
    }
    return Onnx.model(
      Onnx.graph(
        [Onnx.node("F0", ["x"], ["y"], domain: "test")], inputs: [Onnx.value("x", 1, [4])],
        outputs: [Onnx.value("y", 1, [4])]), domains: ["test"], functions: functions)
  }

  /// 256 bytes of constants that fold to 4096 elements.
  static func outer() -> [UInt8] {
    let numbers = (0..<64).map { Float($0) + 1 }
    return Onnx.model(
      Onnx.graph(
        [Onnx.node("Mul", ["a", "b"], ["c"]), Onnx.node("Add", ["x", "c"], ["y"])],
        inputs: [Onnx.value("x", 1, [64, 64])], outputs: [Onnx.value("y", 1, [64, 64])],
        initializers: [
          Onnx.tensor("a", 1, [64, 1], raw: floats(numbers)),
          Onnx.tensor("b", 1, [1, 64], raw: floats(numbers)),
        ]))
  }

  static func uniform(_ shape: [Int]) -> [UInt8] {
    let extents = shape.flatMap { extent in
      (0..<8).map { UInt8(truncatingIfNeeded: extent >> ($0 * 8)) }
    }
    return Onnx.model(
      Onnx.graph(
        [
          Onnx.node("ConstantOfShape", ["s"], ["c"]), Onnx.node("Gather", ["c", "i"], ["g"]),
          Onnx.node("Add", ["x", "g"], ["y"]),
        ], inputs: [Onnx.value("i", 7, [1]), Onnx.value("x", 1, [1])],
        outputs: [Onnx.value("y", 1, [1, .extent(shape[1])])],
        initializers: [Onnx.tensor("s", 7, [shape.count], raw: extents)]))
  }
}
