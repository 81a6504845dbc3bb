import CoppiceIR
import CoppicePassManager
import CoppicePasses
import Testing

@Suite struct FilterRemovalTests {
  private func check(
    _ constants: String, _ body: String, input: String = "%x: f32[1,3,4,4]",
    sparsity: String = "0.5"
  ) throws -> [String: String] {
    try FilterHarness.checkEquivalence(
      FilterHarness.graph(input, constants, body), ["sparsity": sparsity])
  }

  @Test func batchNormalizationIsCut() throws {
    let found = try check(
      "w: f32[4,3,3,3]; s: f32[4]; b: f32[4]; m: f32[4]; v: f32[2,4,1,1]",
      """
        %var = constant [1.0, 2.0, 0.5, 3.0] : f32[4]
        %a = Conv(%x, %w)
        %n = BatchNormalization(%a, %s, %b, %m, %var)
        %r = Relu(%n)
        %y = Conv(%r, %v)
        return %y
      """)
    #expect(found["w"]?.split(separator: " ").count == 2)
  }

  @Test func aSigmoidIsNotZeroForAMaskedChannel() throws {
    let found = try check(
      "w: f32[4,3,3,3]; v: f32[2,4,3,3]",
      """
        %a = Conv(%x, %w)
        %r = Sigmoid(%a)
        %y = Conv(%r, %v) {pads = [1, 1, 1, 1]}
        return %y
      """)
    #expect(found.count == 1)
  }

  @Test func aSharedWeightIsCutOnce() throws {
    let graph = try FilterHarness.graph(
      "%x: f32[1,4,4,4]", "w: f32[4,4,1,1]; o: f32[2,4,1,1]; i: f32[4,4,1,1]",
      """
        %a = Conv(%x, %i)
        %b = Conv(%a, %w)
        %c = Conv(%b, %w)
        %y = Conv(%c, %o)
        return %y
      """)
    let pruned = try FilterHarness.prune(graph, ["sparsity": "0.5"]).graph
    #expect(pruned.constantValues.count == 3)
    try FilterHarness.checkEquivalence(graph, ["sparsity": "0.5"])
  }

  @Test func aConstantWithOtherReadersIsCopied() throws {
    let graph = try FilterHarness.graph(
      "%x: f32[1,4,4,4]", "w: f32[4,4,1,1]; c: f32[1,4,1,1]; o: f32[2,4,1,1]",
      """
        %k = Mul(%x, %c)
        %a = Conv(%k, %w)
        %b = Mul(%a, %c)
        %y = Conv(%b, %o)
        return %y
      """)
    let pruned = try FilterHarness.prune(graph, ["sparsity": "0.5"]).graph
    #expect(pruned.constantValues.count == 4)
    try FilterHarness.checkEquivalence(graph, ["sparsity": "0.5"])
  }

  @Test func depthToSpaceKeepsWholeChannels() throws {
    for mode in ["DCR", "CRD"] {
      let found = try check(
        "w: f32[12,3,1,1]; o: f32[2,3,1,1]",
        """
          %a = Conv(%x, %w)
          %d = DepthToSpace(%a) {blocksize = 2, mode = "\(mode)"}
          %y = Conv(%d, %o)
          return %y
        """)
      #expect(found["w"]?.split(separator: " ").count == 4)
    }
  }

  @Test func slicesAndGathersFollowTheChannels() throws {
    let found = try check(
      "w: f32[8,3,1,1]; o: f32[2,7,1,1]",
      """
        %s0 = constant [1] : i64[1]
        %e0 = constant [5] : i64[1]
        %ax = constant [1] : i64[1]
        %i = constant [7, -3, 0] : i64[3]
        %a = Conv(%x, %w)
        %s = Slice(%a, %s0, %e0, %ax)
        %g = Gather(%a, %i) {axis = 1}
        %c = Concat(%s, %g) {axis = 1}
        %y = Conv(%c, %o)
        return %y
      """)
    #expect(found["w"]?.split(separator: " ").count == 4)
  }

  @Test func resizeNamesTheNewExtent() throws {
    let found = try check(
      "w: f32[4,3,1,1]; o: f32[2,4,1,1]",
      """
        %sizes = constant [1, 4, 8, 8] : i64[4]
        %a = Conv(%x, %w)
        %r = Resize(%a, _, _, %sizes) {coordinate_transformation_mode = "asymmetric"}
        %m = MaxPool(%r) {kernel_shape = [2, 2], strides = [2, 2]}
        %y = Conv(%m, %o)
        return %y
      """)
    #expect(found["w"]?.split(separator: " ").count == 2)
  }

  @Test func quantizedWeightsAreCutWithTheirScales() throws {
    let found = try check(
      "o: f32[2,4,1,1]",
      """
        %q = constant [1, -2, 3, 4, 5, 6, 1, 0, 1, -9, 9, 9] : i8[4,3,1,1]
        %s = constant [0.5, 0.25, 4.0, 0.125] : f32[4]
        %z = constant uniform [0] : i8[4]
        %qb = constant [7, 8, 9, 10] : i32[4]
        %one = constant [0.1] : f32[]
        %zp = constant [-3] : i8[]
        %w = DequantizeLinear(%q, %s, %z) {axis = 0}
        %b = DequantizeLinear(%qb, %s) {axis = 0}
        %a = Conv(%x, %w, %b)
        %i = QuantizeLinear(%a, %one, %zp)
        %p = MaxPool(%i) {kernel_shape = [2, 2]}
        %d = DequantizeLinear(%p, %one, %zp)
        %y = Conv(%d, %o)
        return %y
      """)
    #expect(found == ["w": "0 3"])
  }

  @Test func fusedNodesAreTakenApart() throws {
    let graph = try FilterHarness.graph(
      "%x: f32[1,3,4,4]", "w: f32[4,3,1,1]; o: f32[2,4,1,1]",
      """
        %f = coppice.Fused() : f32[1,4,4,4] () {
          %a = Conv(%x, %w)
          %r = Relu(%a)
          yield %r
        }
        %y = Conv(%f, %o)
        return %y
      """)
    let found = try FilterHarness.checkEquivalence(graph, ["sparsity": "0.5"])
    #expect(found.keys.sorted() == ["w"])
  }

  @Test func whatTheOutputsDoNotPassThroughStays() throws {
    let graph = try FilterHarness.graph(
      "%x: f32[1,3,4,4]", "w: f32[4,3,1,1]",
      """
        %a = Conv(%x, %w)
        return %a
      """)
    let error = try #require(throws: Diagnostic.self) {
      try FilterHarness.prune(graph, ["sparsity": "0.5"])
    }
    #expect(error.message.id == "prune-filters-none")
    #expect(error.message.notes == ["'w' keeps its filters: it is an output of the model"])
  }

  @Test func aDivisorIsNotMadeZero() throws {
    let graph = try FilterHarness.graph(
      "%x: f32[1,3,4,4]", "w: f32[4,3,1,1]; o: f32[2,4,1,1]",
      """
        %a = Conv(%x, %w)
        %r = Reciprocal(%a)
        %y = Conv(%r, %o)
        return %y
      """)
    let error = try #require(throws: Diagnostic.self) {
      try FilterHarness.prune(graph, ["sparsity": "0.5"])
    }
    #expect(error.message.notes.first?.contains("no finite number") == true)
  }
}
