import CoppiceIR
import CoppicePassManager
import CoppicePasses
import Testing

/// Attention heads: queries, keys and values of a head go together.
@Suite struct FilterAttentionTests {
  private func check(
    _ constants: String, _ body: String, sparsity: String = "0.5", input: String = "%x: f32[1,5,6]"
  ) throws -> [String: [Int]] {
    let graph = try FilterHarness.graph(input, constants, body)
    return try FilterHarness.checkEquivalence(graph, ["sparsity": sparsity]).mapValues {
      $0.split(separator: " ").compactMap { Int($0) }
    }
  }

  /// Whether whole heads of a size went, and how many.
  private func heads(_ filters: [Int]?, size: Int) -> Int? {
    guard let filters else { return nil }
    let heads = Set(filters.map { $0 / size })
    return filters.count == heads.count * size ? heads.count : nil
  }

  @Test func theDecomposedPatternLosesWholeHeads() throws {
    let found = try check(
      "q: f32[6,16]; k: f32[6,16]; v: f32[6,16]; o: f32[16,6]; bq: f32[16]; bv: f32[16]",
      """
        %split = constant [1, 5, 4, 4] : i64[4]
        %join = constant [0, 0, -1] : i64[3]
        %scale = constant [0.5] : f32[]
        %q0 = MatMul(%x, %q)
        %q1 = Add(%q0, %bq)
        %k0 = MatMul(%x, %k)
        %v0 = MatMul(%x, %v)
        %v1 = Add(%v0, %bv)
        %q2 = Reshape(%q1, %split)
        %k2 = Reshape(%k0, %split)
        %v2 = Reshape(%v1, %split)
        %q3 = Transpose(%q2) {perm = [0, 2, 1, 3]}
        %k3 = Transpose(%k2) {perm = [0, 2, 3, 1]}
        %v3 = Transpose(%v2) {perm = [0, 2, 1, 3]}
        %s = MatMul(%q3, %k3)
        %m = Mul(%s, %scale)
        %p = Softmax(%m) {axis = -1}
        %z = MatMul(%p, %v3)
        %t = Transpose(%z) {perm = [0, 2, 1, 3]}
        %j = Reshape(%t, %join)
        %y = MatMul(%j, %o)
        return %y
      """)
    for name in ["q", "k", "v"] { #expect(heads(found[name], size: 4) == 2, "\(name)") }
    #expect(found["q"] == found["v"] && found["q"] == found["k"])
  }

  @Test func oneProductOfQueriesKeysAndValuesLosesWholeHeads() throws {
    let found = try check(
      "w: f32[6,24]; o: f32[8,6]; mask: f32[5,5]",
      """
        %split = constant [1, 5, 3, 2, 4] : i64[5]
        %join = constant [1, 5, 8] : i64[3]
        %i0 = constant [0] : i64[]
        %i1 = constant [1] : i64[]
        %i2 = constant [2] : i64[]
        %a = MatMul(%x, %w)
        %r = Reshape(%a, %split)
        %t = Transpose(%r) {perm = [2, 0, 3, 1, 4]}
        %q = Gather(%t, %i0) {axis = 0}
        %k = Gather(%t, %i1) {axis = 0}
        %v = Gather(%t, %i2) {axis = 0}
        %k1 = Transpose(%k) {perm = [0, 1, 3, 2]}
        %s = MatMul(%q, %k1)
        %m = Add(%s, %mask)
        %p = Softmax(%m)
        %z = MatMul(%p, %v)
        %u = Transpose(%z) {perm = [0, 2, 1, 3]}
        %j = Reshape(%u, %join)
        %y = MatMul(%j, %o)
        return %y
      """)
    let gone = found["w"] ?? []
    #expect(gone.count == 12 && heads(gone.map { $0 % 8 }, size: 4) == nil)
    #expect(Set(gone.map { $0 % 8 / 4 }).count == 1)
  }

  @Test(arguments: [(4, 4), (4, 2)]) func theFusedOperatorLosesHeads(_ q: Int, _ kv: Int) throws {
    let found = try check(
      "q: f32[6,\(q * 3)]; k: f32[6,\(kv * 3)]; v: f32[6,\(kv * 2)]; o: f32[\(q * 2),6]",
      """
        %q0 = MatMul(%x, %q)
        %k0 = MatMul(%x, %k)
        %v0 = MatMul(%x, %v)
        %a = Attention(%q0, %k0, %v0) {q_num_heads = \(q), kv_num_heads = \(kv), is_causal = 1}
        %y = MatMul(%a, %o)
        return %y
      """)
    #expect(heads(found["k"], size: 3) == kv / 2)
    #expect(heads(found["v"], size: 2) == kv / 2)
    #expect(heads(found["q"], size: 3 * q / kv) == kv / 2)
  }

  @Test func theFusedOperatorByRankFourLosesHeads() throws {
    let found = try check(
      "q: f32[6,12]; k: f32[6,12]; v: f32[6,12]; o: f32[12,6]; mask: f32[4,5,5]",
      """
        %split = constant [1, 5, 4, 3] : i64[4]
        %join = constant [1, 5, 12] : i64[3]
        %q0 = MatMul(%x, %q)
        %k0 = MatMul(%x, %k)
        %v0 = MatMul(%x, %v)
        %q1 = Reshape(%q0, %split)
        %k1 = Reshape(%k0, %split)
        %v1 = Reshape(%v0, %split)
        %q2 = Transpose(%q1) {perm = [0, 2, 1, 3]}
        %k2 = Transpose(%k1) {perm = [0, 2, 1, 3]}
        %v2 = Transpose(%v1) {perm = [0, 2, 1, 3]}
        %a = Attention(%q2, %k2, %v2, %mask)
        %t = Transpose(%a) {perm = [0, 2, 1, 3]}
        %j = Reshape(%t, %join)
        %y = MatMul(%j, %o)
        return %y
      """, sparsity: "0.75")
    #expect(heads(found["q"], size: 3) == 3)
  }

  @Test func headsOfTheInputStay() throws {
    let graph = try FilterHarness.graph(
      "%x: f32[1,5,6], %kv: f32[1,5,6]", "q: f32[6,6]; o: f32[6,6]; i: f32[6,6]",
      """
        %x1 = MatMul(%x, %i)
        %q0 = MatMul(%x1, %q)
        %a = Attention(%q0, %kv, %kv) {q_num_heads = 2, kv_num_heads = 2}
        %y = MatMul(%a, %o)
        return %y
      """)
    let (_, report) = try FilterHarness.prune(graph, ["sparsity": "0.5"])
    let reason = report.layers.first { $0.weight == "q" }?.keptBecause
    #expect(reason?.contains("queries, keys or values that are not pruned by heads") == true)
  }
}

/// `allow-inexact=true` takes channels out of a statistic; without it they stay.
@Suite struct FilterInexactTests {
  private static let bodies: [(name: String, constants: String, body: String)] = [
    ("Softmax", "", "%n = Softmax(%a) {axis = 1}"),
    (
      "LayerNormalization", "; s: f32[8,4,4]; t: f32[8,4,4]",
      "%n = LayerNormalization(%a, %s, %t) {axis = 1}"
    ),
    (
      "GroupNormalization", "; s: f32[8]; t: f32[8]",
      "%n = GroupNormalization(%a, %s, %t) {num_groups = 2}"
    ),
    ("LRN", "", "%n = LRN(%a) {size = 3}"),
  ]

  @Test(arguments: bodies.map(\.name)) func channelsGoOnlyOnRequest(_ name: String) throws {
    let (_, constants, body) = try #require(Self.bodies.first { $0.name == name })
    let graph = try FilterHarness.graph(
      "%x: f32[1,3,4,4]", "w: f32[8,3,1,1]; o: f32[2,8,1,1]\(constants)",
      """
        %a = Conv(%x, %w)
        \(body)
        %y = Conv(%n, %o)
        return %y
      """)
    let error = #expect(throws: Diagnostic.self) {
      try FilterHarness.prune(graph, ["sparsity": "0.5"])
    }
    #expect(error?.message.notes.contains { $0.contains("works over its channels") } == true)
    let (pruned, report) = try FilterHarness.prune(
      graph, ["sparsity": "0.5", "allow-inexact": "true"])
    #expect(FilterHarness.which(report)["w"]?.split(separator: " ").count == 4)
    #expect(try FilterHarness.run(pruned, seed: 1).joined().allSatisfy(\.isFinite))
  }

  @Test func aMeanOverChannelsIsInexactAndASumIsNot() throws {
    for op in ["ReduceMean", "ReduceSum"] {
      let graph = try FilterHarness.graph(
        "%x: f32[1,3,4,4]", "w: f32[8,3,1,1]; o: f32[2,1,1,1]",
        """
          %axes = constant [1] : i64[1]
          %a = Conv(%x, %w)
          %n = \(op)(%a, %axes)
          %y = Conv(%n, %o)
          return %y
        """)
      if op == "ReduceSum" {
        let found = try FilterHarness.checkEquivalence(graph, ["sparsity": "0.5"])
        #expect(found["w"]?.split(separator: " ").count == 4)
        continue
      }
      #expect(throws: Diagnostic.self) { try FilterHarness.prune(graph, ["sparsity": "0.5"]) }
      let options = ["sparsity": "0.5", "allow-inexact": "true"]
      #expect(FilterHarness.which(try FilterHarness.prune(graph, options).report).count == 1)
    }
  }
}
