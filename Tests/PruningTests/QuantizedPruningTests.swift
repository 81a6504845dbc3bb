import CoppiceIR
import CoppicePassManager
import CoppicePasses
import Testing

/// Weights of 8-bit integers are pruned by what they stand for; a pruned one becomes its zero point.
@Suite struct QuantizedPruningTests {
  private static let behindDequantizeLinear = """
    graph @g(%x: f32[1,2,2,2]) {
      %w = constant [10, -3, 4, 9, 6, 7, 2, 5] : i8[2,2,1,2]
      %s = constant [0.5, 0.125] : f32[2]
      %z = constant [1, 4] : i8[2]
      %f = DequantizeLinear(%w, %s, %z) {axis = 0}
      %y = Conv(%x, %f)
      return %y
    }
    """
  private static let quantized = """
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

  private func pruned(_ text: String, _ pipeline: String) throws -> (graph: Graph, weight: [Int]) {
    var graph = try Graph(parsing: text, file: "g")
    var context = PassContext()
    let resolved = try PassRegistry.standard.resolve(pipeline)
    try PassManager(verifiesEach: true).run(resolved, on: &graph, &context)
    let weight = try #require(graph.weights().first)
    return (graph, try #require(graph.constant(weight.value)?.integers))
  }

  /// What they stand for: 4.5, -2, 1.5, 4 and 0.25, 0.375, -0.25, 0.125.
  @Test(arguments: [behindDequantizeLinear, quantized])
  func ranksByWhatIntegersStandFor(_ text: String) throws {
    let half = try pruned(text, "prune-magnitude{sparsity=0.5}")
    #expect(half.weight == [10, -3, 4, 9, 4, 4, 4, 4])
    let most = try pruned(text, "prune-magnitude{sparsity=0.625}")
    #expect(most.weight == [10, -3, 1, 9, 4, 4, 4, 4])
    let bound = try pruned(text, "prune-magnitude{threshold=0.3}")
    #expect(bound.weight == [10, -3, 4, 9, 4, 7, 4, 4])
    let weight = try #require(most.graph.weights().first)
    #expect(most.graph.nonzeroCount(weight) == 3 && weight.refusal == nil)
  }

  @Test func readersThatDisagreeAreRefused() throws {
    let text = Self.quantized.replacing(
      "  return %y",
      with: """
          %t = constant [0.5, 0.25] : f32[2]
          %v = QLinearConv(%x, %xs, %xz, %w, %t, %z, %xs, %xz)
          return %y, %v
        """)
    let graph = try Graph(parsing: text, file: "g")
    #expect(graph.weights().first?.refusal == "its elements are int8")
  }

  @Test func foldingKeepsWhatWasPruned() throws {
    let text = """
      graph @g(%x: i8[1,4]) {
        %s = constant [0.5] : f32[1]
        %z = constant [1] : i8[1]
        %w = constant [10, -3, 4, 9, 6, 7, 2, 5] : i8[4,2]
        %f = DequantizeLinear(%x, %s, %z)
        %g = DequantizeLinear(%w, %s)
        %c = MatMul(%f, %g)
        %y = QuantizeLinear(%c, %s, %z)
        return %y
      }
      """
    let before = try pruned(text, "prune-magnitude{sparsity=0.5},fold-quantization").weight
    let after = try pruned(text, "fold-quantization,prune-magnitude{sparsity=0.5}").weight
    #expect(before == [10, 0, 0, 9, 6, 7, 0, 0] && after == before)
  }
}
