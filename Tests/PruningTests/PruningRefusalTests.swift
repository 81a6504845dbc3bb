import CoppiceIR
import CoppicePassManager
import CoppicePasses
import Testing

/// What pruning passes refuse and note, by the ids of their diagnostics.
@Suite struct PruningRefusalTests {
  private static let net = """
    graph @net(%x: f32[1,2]) {
      %w1 = constant [1.0, -2.0, 0.5, 0.5, 3.0, 0.75, -1.0, 1.25] : f32[4,2]
      %w2 = constant [1.0, 0.5, -1.0, 2.0] : f32[1,4]
      %a = Gemm(%x, %w1) {transB = 1} : f32[1,4]
      %r = Relu(%a) : f32[1,4]
      %y = Gemm(%r, %w2) {transB = 1} : f32[1,1]
      return %y
    }
    """

  private static let samples = samplesService([[1, 0], [0, 1]].map { [Bytes($0 as [Float])] })

  private func message(
    _ pass: any Pass.Type, _ options: [String: String], _ services: PassServices
  ) throws -> DiagnosticMessage? {
    var graph = try Graph(parsing: Self.net)
    var context = PassContext(services: services)
    do {
      try pass.init(options: PassOptions(options, for: pass.info)).run(on: &graph, &context)
    } catch let error as Diagnostic {
      return error.message
    } catch let error as DiagnosticMessage {
      return error
    }
    return nil
  }

  static let refused: [(any Pass.Type, [String: String], String)] = [
    (PruneOracle.self, ["data": "d"], "pass-option-missing"),
    (PruneParticle.self, ["data": "d", "sparsity": "0.5"], "particle-classes"),
    (PruneMagnitude.self, ["bytes": "10"], "no-storage-planner"),
    (PruneFilters.self, ["bytes": "10"], "no-storage-planner"),
    (PruneMagnitude.self, ["sparsity": "0.5", "prefer": "bytes"], "prune-bytes"),
    (PruneFilters.self, ["sparsity": "0.5", "prefer": "bytes"], "prune-bytes"),
    (PruneMovement.self, ["record": "r", "keep": "0.5"], "no-files"),
    (PruneFilters.self, ["sparsity": "0.5", "criterion": "taylor"], "prune-record"),
    (PruneFilters.self, ["sparsity": "0.5", "record": "r"], "prune-record"),
    (PruneFilters.self, ["sparsity": "0.5", "seed": "1"], "prune-seed"),
    (
      PruneFilters.self, ["sparsity": "0.5", "criterion": "bn", "normalise": "mean"],
      "prune-normalise"
    ),
  ]

  @Test(arguments: refused.indices) func isRefused(_ index: Int) throws {
    let (pass, options, id) = Self.refused[index]
    let found = try message(pass, options, Self.samples)
    #expect(found?.id == id, "\(found?.text ?? "nothing")")
  }

  private func surgeon(_ samples: [[Float]], _ damp: String) throws -> [String] {
    var graph = try Graph(parsing: Self.net)
    var context = PassContext(services: samplesService(samples.map { [Bytes($0)] }))
    let options = ["data": "d", "sparsity": "0.5", "damp": damp]
    do {
      try PruneObs(options: PassOptions(options, for: PruneObs.info)).run(on: &graph, &context)
    } catch let error as Diagnostic {
      return [error.message.id]
    }
    return context.diagnostics.map(\.message.id)
  }

  @Test func whatSamplesLeaveOpenIsSaid() throws {
    let silent = try surgeon([[0, 0], [0, 0]], "0.01")
    #expect(Set(silent) == ["obs-no-input", "obs-few-samples"])
    #expect(try surgeon([[1, 1]], "0.01").allSatisfy { $0 == "obs-few-samples" })
    #expect(try surgeon([[1, 1]], "0") == ["obs-singular"])
  }
}
