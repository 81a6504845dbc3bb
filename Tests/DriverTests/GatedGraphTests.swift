import Coppice
@_spi(RawEditing) import CoppiceIR
import CoppiceONNX
import CoppicePassManager
import CoppicePasses
import Foundation
import Testing

/// Switching gates off computes what masking computes, bit by bit, zeros of either sign being one.
@Suite struct GatedGraphTests {
  private static let folder = "../shared/models/structured/"
  private static let models = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
    .filter { $0.hasSuffix(".onnx") }.sorted()

  @Test(arguments: models) func structuredModels(_ name: String) throws {
    try check(try ONNXImporter.load(Self.folder + name).graph, seeds: 1...1)
  }

  /// Each is a body between `%x` and `%y`, and its input.
  @Test(arguments: [
    "gemm", "transposed gemm", "a bias for all", "left product", "vector product",
    "transposed convolution in groups", "transposed depthwise", "grouped", "sigmoid and addend",
    "instance normalization", "quantized weight", "shared weight", "computed bias",
  ])
  func ownStructures(_ title: String) throws {
    let lines = try #require(Structures.all[title])
    let graph = try Structures.graph(lines)
    #expect(Verifier.check(graph).isEmpty)
    #expect(FilterGates(graph, PassContext()).gates.count >= 3)
    try check(graph, seeds: 1...6)
  }

  private func check(_ graph: Graph, seeds: ClosedRange<UInt64>) throws {
    var graph = graph
    graph.inlineFused(by: "test")
    let filters = FilterGates(graph, PassContext())
    let gated = GatedGraph(graph, filters.gates)
    #expect(Verifier.check(gated.graph).map(\.description) == [])
    for seed in seeds {
      var numbers = TestNumbers(seed: seed)
      let inputs = numbers.inputs(of: graph)
      let setting = numbers.setting(filters.gates.count)
      let expected = try GraphEvaluator(filters.masked(setting)).outputs(inputs)
      let gates = zip(gated.tables, gated.graph.inputs.dropFirst(inputs.count)).map {
        table, value in
        let type = gated.graph[value].type
        let ones = table.flatMap { gate in
          Bytes.number(gate.map { setting.isOn[$0] } ?? true ? 1 : 0, type.element)
            .array(of: UInt8.self)
        }
        return Constant(type, .dense(Bytes(ones)))
      }
      let found = try GraphEvaluator(gated.graph).outputs(inputs + gates)
      #expect(zip(expected, found).allSatisfy { $0.numbers == $1.numbers })
      #expect(expected.count == found.count)
    }
  }
}

/// Small graphs in which units can be switched off in every way there is.
enum Structures {
  static let all: [String: [String]] = [
    "gemm": [
      "f32[3,4]", "%a = Gemm(%x, W4x6, W6) : f32[3,6]", "%r = Relu(%a) : f32[3,6]",
      "%y = Gemm(%r, W6x2, W2) : f32[3,2]",
    ],
    "transposed gemm": [
      "f32[4,3]", "%a = Gemm(%x, W6x4, W6) {transA = 1, transB = 1} : f32[3,6]",
      "%r = Sigmoid(%a) : f32[3,6]", "%y = Gemm(%r, W2x6) {transB = 1} : f32[3,2]",
    ],
    "a bias for all": [
      "f32[3,4]", "%a = Gemm(%x, W4x6, W1) : f32[3,6]", "%r = Relu(%a) : f32[3,6]",
      "%y = MatMul(%r, W6x2) : f32[3,2]",
    ],
    "left product": [
      "f32[4,3]", "%a = MatMul(W6x4, %x) : f32[6,3]", "%r = Exp(%a) : f32[6,3]",
      "%y = MatMul(W2x6, %r) : f32[2,3]",
    ],
    "vector product": [
      "f32[4]", "%a = MatMul(%x, W4x6) : f32[6]", "%r = Exp(%a) : f32[6]",
      "%y = MatMul(%r, W6x2) : f32[2]",
    ],
    "transposed convolution in groups": [
      "f32[1,4,3,3]", "%a = ConvTranspose(%x, W4x3x2x2, W6) {group = 2} : f32[1,6,4,4]",
      "%r = Relu(%a) : f32[1,6,4,4]", "%y = Conv(%r, W2x6x1x1) : f32[1,2,4,4]",
    ],
    "transposed depthwise": [
      "f32[1,2,3,3]", "%p = Conv(%x, W4x2x1x1, W4) : f32[1,4,3,3]",
      "%a = ConvTranspose(%p, W4x2x2x2, W8) {group = 4} : f32[1,8,4,4]",
      "%r = Sigmoid(%a) : f32[1,8,4,4]", "%y = Conv(%r, W2x8x1x1) : f32[1,2,4,4]",
    ],
    "grouped": [
      "f32[1,2,3,3]", "%p = Conv(%x, W4x2x1x1) : f32[1,4,3,3]", "%q = Exp(%p) : f32[1,4,3,3]",
      "%a = Conv(%q, W6x2x1x1, W6) {group = 2} : f32[1,6,3,3]",
      "%y = Conv(%a, W2x6x1x1) : f32[1,2,3,3]",
    ],
    "sigmoid and addend": [
      "f32[1,2,3,3]", "%p = Conv(%x, W4x2x1x1) : f32[1,4,3,3]", "%q = Sigmoid(%p) : f32[1,4,3,3]",
      "%a = Add(%q, W4x1x1) : f32[1,4,3,3]", "%b = Mul(%a, W4x1x1) : f32[1,4,3,3]",
      "%y = Conv(%b, W2x4x1x1) : f32[1,2,3,3]",
    ],
    "instance normalization": [
      "f32[1,2,3,3]", "%p = Conv(%x, W4x2x1x1) : f32[1,4,3,3]",
      "%a = InstanceNormalization(%p, W4, W4) : f32[1,4,3,3]",
      "%y = Conv(%a, W2x4x1x1) : f32[1,2,3,3]",
    ],
    "quantized weight": [
      "f32[1,2,3,3]", "%q = constant [1, -2, 3, 4, -5, 6, 7, -8] : i8[4,2,1,1]",
      "%w = DequantizeLinear(%q, SCALE) : f32[4,2,1,1]", "%p = Conv(%x, %w, W4) : f32[1,4,3,3]",
      "%y = Conv(%p, W2x4x1x1) : f32[1,2,3,3]",
    ],
    "shared weight": [
      "f32[1,4,3,3]", "%w = constant uniform [0.5] : f32[4,4,1,1]",
      "%p = Conv(%x, %w) : f32[1,4,3,3]",
      "%r = Relu(%p) : f32[1,4,3,3]", "%a = Conv(%r, %w) : f32[1,4,3,3]",
      "%y = Conv(%a, W2x4x1x1) : f32[1,2,3,3]",
    ],
    "computed bias": [
      "f32[3,4]", "%b = ReduceMean(%x, AXES) {keepdims = 0} : f32[4]",
      "%c = MatMul(%b, W4x6) : f32[6]",
      "%a = Gemm(%x, W4x6, %c) : f32[3,6]", "%r = Relu(%a) : f32[3,6]",
      "%y = MatMul(%r, W6x2) : f32[3,2]",
    ],
  ]

  /// A graph of such lines; words such as `W6x2` stand for constants of their own.
  static func graph(_ lines: [String]) throws -> Graph {
    var (constants, body): ([String], [String]) = ([], [])
    var numbers = TestNumbers(seed: 99)
    for line in lines.dropFirst() {
      body.append(
        line.replacing(/W[0-9]+(?:x[0-9]+)*/) { match in
          let shape = match.output.dropFirst().split(separator: "x").compactMap { Int($0) }
          let values = numbers.floats(shape.reduce(1, *)).map { "\($0)" }.joined(separator: ", ")
          let name = "%k\(constants.count)"
          constants.append("\(name) = constant [\(values)] : f32\(shape)")
          return name
        })
    }
    constants.append("%SCALE = constant [0.5] : f32[]")
    constants.append("%AXES = constant [0] : i64[1]")
    let text = body.map { $0.replacing("SCALE", with: "%SCALE").replacing("AXES", with: "%AXES") }
    return try Graph(
      parsing: "graph @g(%x: \(lines[0])) {\n" + (constants + text).joined(separator: "\n")
        + "\nreturn %y\n}")
  }
}

/// Numbers that look random and are the same in every run.
struct TestNumbers {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  private mutating func next() -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33)
  }

  mutating func floats(_ count: Int) -> [Float] {
    (0..<count).map { _ in Float(next() % 4001 - 2000) / 1024 }
  }

  mutating func inputs(of graph: Graph) -> [Constant] {
    graph.inputs.map { Constant(floats(graph[$0].type.count), .float32, graph[$0].type.shape) }
  }

  /// About every third gate off.
  mutating func setting(_ count: Int) -> GateSetting {
    GateSetting(off: (0..<count).filter { _ in next() % 3 == 0 }, count: count)
  }
}
