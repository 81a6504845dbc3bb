import CoppiceIR
import CoppiceLowering
import CoppicePassManager
import CoppicePasses
import Testing

/// Runs `prune-filters` and models.
enum FilterHarness {
  /// A graph whose constants are filled with numbers that differ; `#NAME: TYPE` declares one.
  static func graph(_ input: String, _ constants: String, _ body: String) throws -> Graph {
    var lines: [String] = []
    var number = 1
    for part in constants.split(separator: ";") {
      let pieces = part.split(separator: ":").map { $0.filter { $0 != " " } }
      let type = try #require(pieces.last)
      let count = type.split(separator: "[")[1].dropLast().split(separator: ",")
        .compactMap { Int($0) }.reduce(1, *)
      let values = (0..<count).map { _ -> String in
        number = (number &* 1_103_515_245 &+ 12345) & 0x7fff_ffff
        return Float(Double(number % 2001 - 1000) / 1000).description
      }
      let chunks = values.joined(separator: ", ")
      lines.append("  %\(pieces[0]) = constant [\(chunks)] : \(type)")
    }
    return try Graph(
      parsing: "graph @g(\(input)) {\n\(lines.joined(separator: "\n"))\n\(body)\n}")
  }

  /// The graph after the pass, with what the pass reported.
  static func prune(
    _ graph: Graph, _ options: [String: String]
  ) throws -> (graph: Graph, report: PrunedFilters) {
    var graph = graph
    var context = PassContext()
    let pass = try PruneFilters(options: PassOptions(options, for: PruneFilters.info))
    try pass.run(on: &graph, &context)
    #expect(Verifier.check(graph).map(\.description) == [])
    return (graph, try #require(context.results(of: PrunedFilters.self).first))
  }

  /// What a model computes for inputs that depend only on a seed.
  static func run(_ graph: Graph, seed: UInt64) throws -> [[Double]] {
    var state = seed
    let inputs = graph.inputs.map { value in
      Bytes(
        (0..<graph[value].type.count).map { _ -> Float in
          state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          return Float(Int(state >> 40) % 4001 - 2000) / 1000
        })
    }
    let program = try lower(graph, for: .generic).program
    return zip(try Interpreter.run(program, inputs: inputs), program.outputs).map { bytes, output in
      Constant(output.type, .dense(bytes)).numbers
    }
  }

  /// Removal and masking compute the same; gives the filters that went.
  @discardableResult
  static func checkEquivalence(
    _ graph: Graph, _ options: [String: String]
  ) throws -> [String: String] {
    let removed = try prune(graph, options)
    let masked = try prune(graph, options.merging(["mask-only": "true"]) { $1 })
    #expect(removed.report == masked.report)
    for seed in 1...2 as ClosedRange<UInt64> {
      let (a, b) = (try run(removed.graph, seed: seed), try run(masked.graph, seed: seed))
      for (x, y) in zip(a.joined(), b.joined()) {
        #expect(abs(x - y) <= 1e-5 * max(1, abs(y)))
      }
    }
    return which(removed.report)
  }

  /// The removed filters of each weight that lost some.
  static func which(_ report: PrunedFilters) -> [String: String] {
    var table: [String: String] = [:]
    for layer in report.layers where !layer.removed.isEmpty {
      table[layer.weight] = layer.removed.map(String.init).joined(separator: " ")
    }
    return table
  }
}
