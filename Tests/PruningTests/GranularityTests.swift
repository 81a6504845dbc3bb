@_spi(RawEditing) import CoppiceIR
import CoppicePassManager
import CoppicePasses
import Testing

/// A Gemm whose weight has a row for each output, as `pruning.md` writes its matrices.
private struct RowGraph {
  var graph = Graph(name: "rows", source: "rows.onnx")
  let weight: ValueID
  let node: NodeID

  init(_ shape: [Int], _ values: [Float]) throws {
    let x = graph.addInput("x", TensorType(.float32, [1, shape[1]]))
    weight = graph.addConstant(Constant(values, .float32, shape), name: "w")
    node = graph.addNode(
      Gemm(attributes: ["transB": .int(1)]), [x, weight],
      types: [TensorType(.float32, [1, shape[0]])], name: "/fc/Gemm",
      origin: Origin(index: 0, type: "Gemm"))
    graph.setOutputs([graph[node].result].compactMap { $0 })
  }

  var values: [Float] { graph.constant(weight)?.dense.array(of: Float.self) ?? [] }
  var mask: [Int] { values.map { $0 == 0 ? 0 : 1 } }

  static func magnitude(
    _ shape: [Int], _ values: [Float], _ options: [String: String]
  ) throws -> (graph: RowGraph, context: PassContext) {
    var rows = try RowGraph(shape, values)
    var context = PassContext()
    try PruneMagnitude(options: PassOptions(options, for: PruneMagnitude.info)).run(
      on: &rows.graph, &context)
    return (rows, context)
  }
}

/// The cases of `pruning.md` 6.1 for blocks, patterns, rows and columns.
@Suite struct GranularityTests {
  static let w: [Float] = [1, -0.5, 0.25, 2, 0, 0.75, -0.25, -1.5, -0.125, 0.5, 3, -0.75]

  private func mask(_ options: [String: String]) throws -> [Int] {
    try RowGraph.magnitude([3, 4], Self.w, options).graph.mask
  }

  @Test func patternsKeepTheLargestOfEachRun() throws {
    #expect(try mask(["block": "2:4"]) == [1, 0, 0, 1, 0, 1, 0, 1, 0, 0, 1, 1])
    #expect(try mask(["block": "3:4"]) == [1, 1, 0, 1, 0, 1, 1, 1, 0, 1, 1, 1])
    #expect(try mask(["block": "1:4"]) == [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0])
    let pairs: [Float] = [3, 4, 7, 6, 1, 8, -3, -8, -2, -3, -4, 0, 5, 4, -3, -2]
    #expect(
      try RowGraph.magnitude([4, 4], pairs, ["block": "1:2"]).graph.values
        == [0, 4, 7, 0, 0, 8, 0, -8, 0, -3, -4, 0, 5, 0, -3, 0])
  }

  /// A rest of t channels loses floor((m - n) * t / m).
  @Test func theRestOfARowLosesItsShare() throws {
    let six: [Float] = [1, 2, 3, 4, 5, 6]
    #expect(
      try RowGraph.magnitude([1, 6], six, ["block": "2:4"]).graph.mask == [0, 0, 1, 1, 0, 1])
    let five: [Float] = [1, 2, 3, 4, 5]
    #expect(try RowGraph.magnitude([1, 5], five, ["block": "2:4"]).graph.mask == [0, 0, 1, 1, 1])
  }

  @Test func rowsAndColumnsGoAsAWhole() throws {
    #expect(
      try mask(["block": "row", "count": "1"]) == [1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1])
    #expect(
      try mask(["block": "column", "count": "1"]) == [0, 1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1])
    #expect(
      try mask(["block": "column", "sparsity": "0.5"]) == [0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1])
  }

  @Test func blocksRankByTheSumOfTheirMagnitudes() throws {
    let w: [Float] = [1, 3, -6, -7, 0, 3, -9, 2]
    #expect(
      try RowGraph.magnitude([4, 2], w, ["block": "2x1", "sparsity": "0.5"]).graph.values
        == [0, 3, 0, -7, 0, 0, -9, 0])
    #expect(
      try RowGraph.magnitude([4, 2], w, ["block": "2x1", "threshold": "9"]).graph.values
        == [0, 3, 0, -7, 0, 0, -9, 0])
    #expect(
      try RowGraph.magnitude([4, 2], w, ["block": "2x1", "percent-of-max": "0.75"]).graph.values
        == [0, 3, 0, -7, 0, 0, -9, 0])
  }

  @Test func blocksAtTheEdgesAreSmaller() throws {
    #expect(
      try mask(["block": "2x3", "count": "1"]) == [1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0])
    #expect(
      try mask(["block": "2x3", "count": "2"]) == [0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1, 0])
  }

  @Test func aFloorKeepsTheBestOfEachTensor() throws {
    #expect(try mask(["sparsity": "1", "keep-at-least": "0.25"]).reduce(0, +) == 3)
    #expect(
      try mask(["sparsity": "1", "keep-at-least": "0.25"]) == [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0])
  }

  @Test func ignoredWeightsAndNodesAreLeftAlone() throws {
    #expect(try mask(["sparsity": "1", "ignore": "a;/fc/*"]).reduce(0, +) == 11)
    #expect(try mask(["sparsity": "1", "ignore": "w"]).reduce(0, +) == 11)
    #expect(try mask(["sparsity": "1", "ignore": "v*"]).reduce(0, +) == 0)
  }

  @Test func aPatternIsItsOwnAmount() {
    #expect(throws: DiagnosticMessage.self) { try mask(["block": "2:4", "sparsity": "0.5"]) }
    #expect(throws: DiagnosticMessage.self) { try mask(["block": "4x1"]) }
    for block in ["0x1", "4:4", "5:4", "2:", "x", "4x1x1", "-1x2", "blocks"] {
      #expect(throws: DiagnosticMessage.self) { try mask(["block": block, "sparsity": "0.5"]) }
    }
  }
}

/// Rows of two layers ranked together: raw and mean orders are those of `pruning.md` 6.5.
@Suite struct NormalisationTests {
  private static let c1: [Float] = [1, -2, 0.5, 0.5, 3, 0.75, -1, 1.25]
  private static let c2: [Float] = [1, 0, -1, 2, 0.25, 0.25, 0.5, -0.25, 2, -1, 0, 0.5]

  /// The rows in the order in which they go, such as `c1.1`.
  private func order(_ normalisation: String) throws -> [String] {
    var order: [String] = []
    for count in 1...7 {
      var graph = Graph(name: "two", source: "two.onnx")
      var last = graph.addInput("x", TensorType(.float32, [1, 2]))
      var weights: [ValueID] = []
      for (name, shape, values) in [("c1", [4, 2], Self.c1), ("c2", [3, 4], Self.c2)] {
        weights.append(graph.addConstant(Constant(values, .float32, shape), name: name))
        let node = graph.addNode(
          Gemm(attributes: ["transB": .int(1)]), [last, weights[weights.count - 1]],
          types: [TensorType(.float32, [1, shape[0]])], name: name,
          origin: Origin(index: weights.count, type: "Gemm"))
        last = try #require(graph[node].result)
      }
      graph.setOutputs([last])
      var context = PassContext()
      let options = [
        "block": "row", "count": "\(count)", "scope": "global", "normalise": normalisation,
      ]
      try PruneMagnitude(options: PassOptions(options, for: PruneMagnitude.info)).run(
        on: &graph, &context)
      for (weight, (name, width)) in zip(weights, [("c1", 2), ("c2", 4)]) {
        let values = try #require(graph.constant(weight)).numbers
        for row in 0..<(values.count / width) {
          let isGone = values[(row * width)..<((row + 1) * width)].allSatisfy { $0 == 0 }
          if isGone, !order.contains("\(name).\(row)") { order.append("\(name).\(row)") }
        }
      }
    }
    return order
  }

  @Test func rowsGoInTheReferenceOrders() throws {
    #expect(try order("none") == ["c1.1", "c2.1", "c1.3", "c1.0", "c2.2", "c1.2", "c2.0"])
    #expect(try order("mean") == ["c2.1", "c1.1", "c2.2", "c2.0", "c1.3", "c1.0", "c1.2"])
    // Sums of magnitudes by hand: c1 by 5.396 is .56 .19 .69 .42, c2 by 5.460 is .73 .23 .64.
    #expect(try order("layer-l2") == ["c1.1", "c2.1", "c1.3", "c1.0", "c2.2", "c1.2", "c2.0"])
  }

  /// LAMP leaves the best of each layer for last: its score is 1.
  @Test func lampKeepsTheBestOfEachLayerLongest() throws {
    #expect(try order("lamp") == ["c1.1", "c2.1", "c1.3", "c1.0", "c2.2", "c2.0", "c1.2"])
  }
}
