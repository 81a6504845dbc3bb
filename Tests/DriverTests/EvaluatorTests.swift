import Coppice
@_spi(RawEditing) import CoppiceIR
import CoppiceONNX
import CoppicePassManager
import CoppicePasses
import CoppiceTestSupport
import Foundation
import Testing

/// The digits model on its held-out samples.
enum Digits {
  static let folder = Program.root + "/examples/digits/"

  /// The graph after the default pipeline, with nothing fused.
  static func graph() throws -> Graph {
    let model = try ONNXImporter.load(folder + "digits.onnx")
    var graph = try Compiler().optimize(model).graph
    graph.inlineFused(by: "test")
    return graph
  }

  /// 64 pixels of 0 to 16, the digit, and the digit that a reference reads.
  static func samples(_ count: Int = 360) throws -> ModelSamples {
    let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: folder + "heldout.bin")))
    let rows = (0..<count).map { Array(bytes[($0 * 66)..<($0 * 66 + 66)]) }
    return ModelSamples(
      inputs: rows.map { [Bytes($0[..<64].map { Float($0) / 16 })] },
      targets: .classes(rows.map { [Int($0[64])] }))
  }
}

/// Models as programs of this machine, with gates.
@Suite struct EvaluatorTests {
  @Test func settingsOfTheDigitsModelAreItsMaskedModels() throws {
    let graph = try Digits.graph()
    let samples = try Digits.samples()
    let filters = FilterGates(graph, PassContext())
    #expect(filters.gates.count == 40)
    var numbers = TestNumbers(seed: 7)
    let settings = (0..<200).map { _ in numbers.setting(filters.gates.count) }
    let evaluator = try PassServices.host.evaluator(graph, gates: filters.gates)
    var answers = settings.map { _ in [[Float]]() }
    try evaluator.run(samples, gates: settings) { answer in
      answers[answer.setting].append(answer.outputs[0].array(of: Float.self))
    }
    for number in stride(from: 0, to: settings.count, by: max(settings.count / 12, 1)) {
      let masked = try PassServices.host.evaluator(filters.masked(settings[number]))
      var expected: [[Float]] = []
      try masked.run(samples, gates: [GateSetting(count: 0)]) {
        expected.append($0.outputs[0].array(of: Float.self))
      }
      #expect(expected == answers[number])
    }
    let interpreted = PassServices.interpret(graph, [], filters.gates)
    try interpreted.run(try Digits.samples(2), gates: Array(settings.prefix(2))) { answer in
      let found = answers[answer.setting][answer.sample]
      for (x, y) in zip(answer.outputs[0].array(of: Float.self), found) {
        #expect(abs(x - y) <= 1e-5 * max(1, abs(y)))
      }
    }
  }

  @Test func innerValuesAreThoseOfTheMaskedModel() throws {
    let graph = try Structures.graph(try #require(Structures.all["sigmoid and addend"]))
    let taps = try ["p", "q", "b"].map { name in
      try #require(graph.allNodes.compactMap { graph[$0].result }.first { graph[$0].name == name })
    }
    let filters = FilterGates(graph, PassContext())
    var numbers = TestNumbers(seed: 3)
    let samples = ModelSamples(
      inputs: (0..<3).map { _ in numbers.inputs(of: graph).map(\.dense) })
    let settings = [
      GateSetting(count: 4), GateSetting(off: [1], count: 4), GateSetting(off: [0, 3], count: 4),
    ]
    var expected: [[[Float]]] = []
    try PassServices.interpret(graph, taps, filters.gates).run(samples, gates: settings) {
      expected.append(($0.outputs + $0.taps).map { $0.array(of: Float.self) })
    }
    var found: [[[Float]]] = []
    let evaluator = try PassServices.host.evaluator(graph, taps: taps, gates: filters.gates)
    try evaluator.run(samples, gates: settings) {
      found.append(($0.outputs + $0.taps).map { $0.array(of: Float.self) })
    }
    #expect(found.count == 9 && found[0].count == 4)
    for (x, y) in zip(expected.joined().joined(), found.joined().joined()) {
      #expect(abs(x - y) <= 1e-6 * max(1, abs(y)))
    }
  }

  @Test func theConsumerMayEndTheWork() throws {
    struct Enough: Error {}
    let graph = try Structures.graph(try #require(Structures.all["gemm"]))
    let evaluator = try PassServices.host.evaluator(graph)
    var numbers = TestNumbers(seed: 3)
    let samples = ModelSamples(
      inputs: (0..<50).map { _ in numbers.inputs(of: graph).map(\.dense) })
    let settings = Array(repeating: GateSetting(count: 0), count: 100_000)
    var count = 0
    #expect(throws: Enough.self) {
      try evaluator.run(samples, gates: settings) { _ in
        count += 1
        if count == 70 { throw Enough() }
      }
    }
    #expect(count == 70)
    try evaluator.run(samples, gates: [GateSetting(count: 0)]) { _ in count += 1 }
    #expect(count == 120)
  }

  @Test func whatDoesNotFitIsRefused() throws {
    let graph = try Structures.graph(try #require(Structures.all["gemm"]))
    let evaluator = try PassServices.host.evaluator(graph)
    let short = ModelSamples(inputs: [[Bytes([Float(1)])]])
    let samples = #expect(throws: DiagnosticMessage.self) {
      try evaluator.run(short, gates: [GateSetting(count: 0)]) { _ in }
    }
    #expect(samples?.id == "run-inputs")
    let gates = #expect(throws: DiagnosticMessage.self) {
      try evaluator.run(ModelSamples(inputs: []), gates: [GateSetting(count: 1)]) { _ in }
    }
    #expect(gates?.id == "run-gates")
  }
}
