import CoppiceIR
import CoppicePassManager
import CoppicePasses
import Testing

@Suite struct DenseZerosTests {
  private func warning(_ weights: String, after text: String) throws -> String? {
    let graph = try Graph(
      parsing: """
        graph @g(%x: f32[1,2]) {
          %w = constant [\(weights)] : f32[2,2]
          %y = MatMul(%x, %w)
          return %y
        }
        """)
    let pipeline = try PassRegistry.standard.resolve(text)
    return StandardPasses.warningOfDenseZeros(in: graph, after: pipeline)?.text
  }

  @Test func warnsOfManyZeros() throws {
    let text = try warning("0.0, 1.0, 0.0, -0.0", after: "@default")
    #expect(text == "75 % zeros stored dense: add sparsify")
  }

  @Test func isSilentAboutFewZeros() throws {
    #expect(try warning("0.0, 1.0, 2.0, 3.0", after: "@default") == nil)
  }

  @Test func isSilentWhenTheyWereJudged() throws {
    #expect(try warning("0.0, 1.0, 0.0, 0.0", after: "@default,sparsify") == nil)
  }
}
