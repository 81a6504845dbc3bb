import CoppiceIR
import CoppicePassManager
import CoppicePasses
import Testing

/// What is known but not folded yet is called so.
@Suite struct UnfoldedWeightTests {
  private func graph() throws -> Graph {
    try Graph(
      parsing: """
        graph @g(%x: f32[1,3,4,4]) {
          %ws = constant [6, 3, 1, 1] : i64[4]
          %vs = constant [2, 6, 1, 1] : i64[4]
          %w = ConstantOfShape(%ws)
          %v = ConstantOfShape(%vs)
          %a = Conv(%x, %w)
          %y = Conv(%a, %v)
          return %y
        }
        """)
  }

  private func run(_ pipeline: String, on graph: Graph) throws -> PassContext {
    var (graph, context) = (graph, PassContext())
    let resolved = try PassRegistry.standard.resolve(pipeline)
    try PassManager(verifiesEach: true).run(resolved, on: &graph, &context)
    return context
  }

  @Test func filtersOfWeightsFromConstantOfShapeWaitForFolding() throws {
    let graph = try graph()
    let error = #expect(throws: Diagnostics.self) {
      try run("prune-filters{sparsity=0.5}", on: graph)
    }
    let message = try #require(error?.all.first?.message)
    #expect(message.text == "the weights of the model's layers are not constants yet")
    let note = message.notes.joined()
    #expect(note.contains("ConstantOfShape") && note.contains("@cleanup before prune-filters"))
    let context = try run("@cleanup,prune-filters{sparsity=0.5}", on: graph)
    #expect(context.total("filters-removed", of: "prune-filters") == 3)
  }

  @Test func elementsOfWeightsFromConstantOfShapeWaitForFolding() throws {
    let context = try run("prune-magnitude{sparsity=0.5}", on: graph())
    let message = try #require(context.diagnostics.first?.message)
    #expect(message.id == "prune-nothing")
    #expect(
      message.text.contains("by ConstantOfShape") && message.text.contains("2 weights"))
  }

  @Test func aScaleBehindAnUnsqueezeIsSaidToBeUnfolded() throws {
    let graph = try FilterHarness.graph(
      "%x: f32[1,3,4,4]", "w: f32[4,3,1,1]; u: f32[4,4,1,1]; s: f32[4]; v: f32[2,4,1,1]",
      """
        %axes = constant [1, 2] : i64[2]
        %a = Conv(%x, %w)
        %t = Unsqueeze(%s, %axes)
        %b = Conv(%a, %u)
        %m = Mul(%b, %t)
        %y = Conv(%m, %v)
        return %y
      """)
    let (_, report) = try FilterHarness.prune(graph, ["sparsity": "0.5"])
    let reason = report.layers.first { $0.weight == "u" }?.keptBecause ?? ""
    #expect(
      reason.contains("reads Unsqueeze") && reason.contains("run @cleanup before"), "\(reason)")
  }
}
