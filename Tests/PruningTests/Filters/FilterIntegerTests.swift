import CoppiceIR
import CoppiceLowering
import CoppicePassManager
import CoppicePasses
import Testing

/// Filters of layers on integers go like those of the quantized model that they were folded from.
@Suite struct FilterIntegerTests {
  private static let folding =
    "fix(move-quantization,fold-quantization),fold-constants,remove-dead"

  /// Two convolutions, a depthwise one and a sum, pooling, a table, a concatenation and a product.
  private static func model() -> String {
    var text = QuantizedText()
    let first = text.convolution("a", "%x", 0, [6, 3, 3, 3], to: 1, pads: 1, isRectified: true)
    let second = text.convolution("b", first, 1, [6, 6, 1, 1], to: 2, pads: 0, isRectified: false)
    let depthwise = text.convolution(
      "c", first, 1, [6, 1, 3, 3], to: 3, pads: 1, isRectified: true, group: 6)
    let sum = text.pair("Add", "d", second, 2, depthwise, 3, to: 1)
    let table = text.unary("Sigmoid", "e", sum, 1, to: 3)
    let joined = text.concat("f", table, 3, second, 2, to: 0)
    let mean = text.unary("GlobalAveragePool", "g", joined, 0, to: 0)
    text.lines.append("  %shape = constant [1, 12] : i64[2]")
    text.lines.append("  %flat = Reshape(\(mean), %shape)")
    let product = text.product("h", "%flat", 0, [12, 5], to: 2)
    return
      "graph @g(%x: i8[1,3,6,6]) {\n\(text.lines.joined(separator: "\n"))\n  return \(product)\n}"
  }

  private func run(_ pipeline: String) throws -> Graph {
    var graph = try Graph(parsing: Self.model(), file: "g")
    var context = PassContext()
    let resolved = try PassRegistry.standard.resolve(pipeline)
    try PassManager(verifiesEach: true).run(resolved, on: &graph, &context)
    return graph
  }

  private func answers(_ graph: Graph) throws -> [[UInt8]] {
    let program = try lower(graph, for: .generic).program
    return try (0..<4).map { seed in
      var state = UInt64(seed)
      let input = (0..<108).map { _ -> UInt8 in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 40)
      }
      return try Interpreter.run(program, inputs: [Bytes(input)]).flatMap { bytes in
        bytes.withUnsafeBytes { Array($0) }
      }
    }
  }

  private func filters(_ graph: Graph) -> [[Int]] {
    graph.weights().map { graph[$0.value].type.shape }
  }

  @Test(arguments: ["0.5", "0.8"]) func goAfterFoldingAsBefore(_ sparsity: String) throws {
    let pass = "prune-filters{sparsity=\(sparsity)}"
    let after = try run("\(Self.folding),\(pass)")
    let before = try run("\(pass),\(Self.folding)")
    #expect(after.allNodes.contains { after[$0].op.name == "QLinearConv" })
    #expect(!after.allNodes.contains { after[$0].op.name == "Conv" })
    #expect(filters(after) == filters(before))
    #expect(filters(after).first.map { $0[0] < 6 } == true)
    #expect(try answers(after) == answers(before))
  }

  @Test func removingEqualsMasking() throws {
    let removed = try run("\(Self.folding),prune-filters{sparsity=0.5}")
    let masked = try run("\(Self.folding),prune-filters{sparsity=0.5,mask-only=true}")
    #expect(filters(masked).first?[0] == 6)
    let (a, b) = (try answers(removed), try answers(masked))
    #expect(a == b && Set(a).count == 4)
    #expect(try answers(run(Self.folding)) != a)
  }

  @Test func weightsAroundAZeroPointKeepTheirFilters() throws {
    let text = """
      graph @g(%x: i8[1,2,2,2]) {
        %xs = constant [0.5] : f32[1]
        %xz = constant [1] : i8[1]
        %w = constant [10, -3, 4, 9, 6, 7, 2, 5] : i8[2,2,1,2]
        %s = constant [0.5, 0.125] : f32[2]
        %z = constant [1, 4] : i8[2]
        %y = QLinearConv(%x, %xs, %xz, %w, %s, %z, %xs, %xz)
        return %y
      }
      """
    var graph = try Graph(parsing: text, file: "g")
    var context = PassContext()
    let resolved = try PassRegistry.standard.resolve("prune-filters{sparsity=0.5}")
    let failure = #expect(throws: Diagnostics.self) {
      try PassManager(verifiesEach: true).run(resolved, on: &graph, &context)
    }
    #expect(failure?.all.contains { $0.message.id == "prune-filters-none" } == true)
  }
}

/// Lines of quantized layers, each between DequantizeLinear and QuantizeLinear.
private struct QuantizedText {
  static let grids: [(scale: Float, zero: Int)] = [
    (0.05, 3), (0.04, -128), (0.07, -20), (0.02, 11),
  ]
  var lines = grids.enumerated().flatMap { number, grid in
    [
      "  %s\(number) = constant [\(grid.scale)] : f32[1]",
      "  %z\(number) = constant [\(grid.zero)] : i8[1]",
    ]
  }
  private var state: UInt64 = 7

  private mutating func draw(_ count: Int, _ range: ClosedRange<Int>) -> [Int] {
    (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return range.lowerBound + Int(state >> 40) % range.count
    }
  }

  private mutating func constant(_ name: String, _ values: [Int], _ type: String) {
    lines.append(
      "  %\(name) = constant [\(values.map(String.init).joined(separator: ", "))] : \(type)")
  }

  private mutating func real(_ value: String, _ grid: Int, _ name: String) -> String {
    lines.append("  %\(name) = DequantizeLinear(\(value), %s\(grid), %z\(grid))")
    return "%\(name)"
  }

  private mutating func close(_ name: String, _ value: String, _ grid: Int) -> String {
    lines.append("  %\(name) = QuantizeLinear(\(value), %s\(grid), %z\(grid))")
    return "%\(name)"
  }

  mutating func convolution(
    _ name: String, _ x: String, _ from: Int, _ shape: [Int], to: Int, pads: Int,
    isRectified: Bool, group: Int = 1
  ) -> String {
    let filters = shape[0]
    let scales = (0..<filters).map { Float(0.004) + Float($0) * 0.001 }
    let biases = scales.map { $0 * Self.grids[from].scale }
    func list(_ values: [Float]) -> String { values.map(\.description).joined(separator: ", ") }
    constant("w\(name)", draw(shape.reduce(1, *), -127...127), "i8\(shape)".filter { $0 != " " })
    constant("b\(name)", draw(filters, -900...900), "i32[\(filters)]")
    lines.append("  %ws\(name) = constant [\(list(scales))] : f32[\(filters)]")
    lines.append("  %bs\(name) = constant [\(list(biases))] : f32[\(filters)]")
    lines.append("  %wf\(name) = DequantizeLinear(%w\(name), %ws\(name)) {axis = 0}")
    lines.append("  %bf\(name) = DequantizeLinear(%b\(name), %bs\(name)) {axis = 0}")
    let input = real(x, from, "x\(name)")
    let p = Array(repeating: String(pads), count: 4).joined(separator: ", ")
    lines.append(
      "  %c\(name) = Conv(\(input), %wf\(name), %bf\(name)) {group = \(group), pads = [\(p)]}")
    if isRectified { lines.append("  %r\(name) = Relu(%c\(name))") }
    return close(name, isRectified ? "%r\(name)" : "%c\(name)", to)
  }

  mutating func product(_ name: String, _ x: String, _ from: Int, _ shape: [Int], to: Int) -> String
  {
    constant("w\(name)", draw(shape.reduce(1, *), -127...127), "i8[\(shape[0]),\(shape[1])]")
    lines.append("  %ws\(name) = constant [0.01] : f32[1]")
    lines.append("  %wf\(name) = DequantizeLinear(%w\(name), %ws\(name))")
    let input = real(x, from, "x\(name)")
    lines.append("  %c\(name) = MatMul(\(input), %wf\(name))")
    return close(name, "%c\(name)", to)
  }

  mutating func pair(
    _ op: String, _ name: String, _ a: String, _ first: Int, _ b: String, _ second: Int, to: Int
  ) -> String {
    let (x, y) = (real(a, first, "x\(name)"), real(b, second, "y\(name)"))
    lines.append("  %c\(name) = \(op)(\(x), \(y))")
    return close(name, "%c\(name)", to)
  }

  mutating func unary(
    _ op: String, _ name: String, _ x: String, _ from: Int, to: Int
  ) -> String {
    let input = real(x, from, "x\(name)")
    lines.append("  %c\(name) = \(op)(\(input))")
    return close(name, "%c\(name)", to)
  }

  mutating func concat(
    _ name: String, _ a: String, _ first: Int, _ b: String, _ second: Int, to: Int
  ) -> String {
    let (x, y) = (real(a, first, "x\(name)"), real(b, second, "y\(name)"))
    lines.append("  %c\(name) = Concat(\(x), \(y)) {axis = 1}")
    return close(name, "%c\(name)", to)
  }
}
