import CoppiceIR
import CoppicePassManager
import CoppicePasses
import Testing

/// The numbers of `pruning.md` 6.5.
@Suite struct FilterRankingTests {
  private static let c1 = "[1.0, -2.0, 0.5, 0.5, 3.0, 0.75, -1.0, 1.25]"
  private static let c2 = "[1.0, 0.0, -1.0, 2.0, 0.25, 0.25, 0.5, -0.25, 2.0, -1.0, 0.0, 0.5]"

  private func which(
    _ options: [String: String], c1: String = Self.c1, c2: String = Self.c2
  ) throws -> [String: String] {
    let graph = try Graph(
      parsing: """
        graph @two(%x: f32[1,2,3,3]) {
          %c1 = constant \(c1) : f32[4,2,1,1]
          %c2 = constant \(c2) : f32[3,4,1,1]
          %c3 = constant [1.0, 1.0, 1.0, 2.0, -2.0, 1.0] : f32[2,3,1,1]
          %a = Conv(%x, %c1)
          %b = Relu(%a)
          %c = Conv(%b, %c2)
          %d = Relu(%c)
          %y = Conv(%d, %c3)
          return %y
        }
        """)
    return try FilterHarness.checkEquivalence(graph, options)
  }

  @Test(arguments: [
    ("0.3", "1", "1"), ("0.5", "1 3", "1"), ("0.6", "0 1 3", "1"), ("0.14", "", ""),
  ])
  func globalRawL1(_ sparsity: String, _ first: String, _ second: String) throws {
    let found = try which(["sparsity": sparsity, "scope": "global"])
    #expect(found["c1"] ?? "" == first && found["c2"] ?? "" == second)
  }

  @Test func localRanksInsideALayer() throws {
    #expect(try which(["sparsity": "0.5"]) == ["c1": "1 3", "c2": "1"])
  }

  @Test func aTieIsCutExactlyAndTheLaterGoes() throws {
    let tie = "[1.0, -2.0, 0.5, 0.5, 3.0, 0.0, -1.0, 1.25]"
    let found = try which(["sparsity": "0.6", "scope": "global"], c1: tie)
    #expect(found == ["c1": "1 2 3", "c2": "1"])
  }

  @Test func ofEqualFiltersTheLastGo() throws {
    let equal = "[1.0, -1.0, 2.0, 0.0, 0.0, 2.0, 1.0, 1.0]"
    #expect(
      try which(["sparsity": "0.43", "scope": "global"], c1: equal) == ["c1": "2 3", "c2": "1"])
    #expect(try which(["sparsity": "0.5"], c1: equal)["c1"] == "2 3")
  }

  @Test func aLayerKeepsItsBestFilter() throws {
    let small =
      "[0.01, 0.0, -0.01, 0.02, 0.0025, 0.0025, 0.005, -0.0025, 0.02, -0.01, 0.0, 0.005]"
    let found = try which(["sparsity": "0.6", "scope": "global"], c2: small)
    #expect(found == ["c1": "1 3", "c2": "1 2"])
    #expect(try which(["sparsity": "1", "scope": "global"])["c1"] == "0 1 3")
  }

  @Test func theCriterionIsChosen() throws {
    let flat = "[1.0, 1.0, 0.0, 1.5, 3.0, 3.0, 3.0, 3.0]"
    #expect(try which(["sparsity": "0.25"], c1: flat)["c1"] == "1")
    #expect(try which(["sparsity": "0.25", "criterion": "l2"], c1: flat)["c1"] == "0")
  }

  @Test func aNaNIsRefused() throws {
    let error = try #require(throws: Diagnostic.self) {
      try which(["sparsity": "0.5"], c1: "hex \"" + String(repeating: "0000c07f", count: 8) + "\"")
    }
    #expect(error.message.id == "prune-not-finite")
  }
}
