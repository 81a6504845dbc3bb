import CoppiceIR
import CoppicePassManager
import CoppicePasses
import Testing

/// Optimal brain damage against the numbers of `pruning-cases.md` 4 and `pruning.md` 6.2 and 6.6.
@Suite struct PruneOBDTests {
  /// A weight with what was recorded of it under one key.
  private struct Case {
    var weight: [Float]
    var shape: [Int]
    var key: String
    var sums: [Float]
    var sumShape: [Int]?
    var metadata: [String: String] = [:]

    func run(_ options: [String: String]) throws -> (mask: [Int], context: PassContext) {
      var graph = WeightGraph(width: shape[0])
      graph.add("x", shape: shape, weight)
      let metadata = ["format": "prunerec/1", "params": #"{"w":{}}"#, "masks_active": "false"]
      let record = MemoryTensors(
        metadata: metadata.merging(self.metadata) { $1 },
        tensors: [
          "w/final": Constant(weight, .float32, shape),
          "w/\(key)": Constant(sums, .float32, sumShape ?? shape),
        ])
      let given = options.merging(["record": "r"]) { $1 }
      let context = try graph.run(
        PruneOBD.self, given, services: PassServices(openTensors: { _ in record }))
      return (graph.mask(), context)
    }

    /// The elements in the order in which they go.
    func order() throws -> [Int] {
      var order: [Int] = []
      for count in 1...weight.count {
        let mask = try run(["count": "\(count)"]).mask
        order += weight.indices.filter { mask[$0] == 0 && !order.contains($0) }
      }
      return order
    }

    /// Whether thresholds a little below and above each number part its element from the others.
    func scoresAre(_ scores: [Double], curvature: String) throws -> Bool {
      for score in scores where score > 0 {
        for bound in [score * (1 - 1e-6), score * (1 + 1e-6)] {
          let given = ["threshold": "\(bound)", "curvature": curvature]
          guard try run(given).mask == scores.map({ $0 >= bound ? 1 : 0 }) else { return false }
        }
      }
      return true
    }
  }

  private static let weight: [Float] = [0.5, -1, 0.25, 2, -0.125, 0.75]

  private static let gradients: [[Float]] = [
    [0.2, -0.1, 0.4, 0, 0.8, -0.2], [-0.4, 0.1, 0, 0.2, -0.6, 0.2],
    [0.6, 0.3, -0.8, -0.2, 0.4, 0.1], [0, -0.3, 0.4, 0.2, 0.2, -0.3],
  ]

  private func fisher(_ metadata: [String: String]) -> Case {
    let sums = Self.weight.indices.map { index in
      Self.gradients.reduce(Float(0)) { $0 + $1[index] * $1[index] }
    }
    return Case(weight: Self.weight, shape: [2, 3], key: "g2", sums: sums, metadata: metadata)
  }

  @Test func theFisherFormHasTheReferenceScores() throws {
    let scores = [0.0175, 0.025, 0.0075, 0.06, 0.00234375, 0.01265625]
    let fisher = fisher(["g2_per": "sample", "samples": "4", "steps": "1"])
    #expect(try fisher.scoresAre(scores, curvature: "fisher"))
    #expect(try fisher.order() == [4, 2, 5, 0, 1, 3])
    let half = try fisher.run(["sparsity": "0.5"])
    #expect(half.mask == [1, 1, 0, 1, 0, 0])
    #expect(half.context.diagnostics.map(\.message.id) == ["obd-curvature"])
  }

  /// One step whose gradient is the mean of the four samples: another order.
  @Test func squaresOfBatchesAreSaidToBeNoFisher() throws {
    let means = Self.weight.indices.map { index in
      Self.gradients.reduce(Float(0)) { $0 + $1[index] } / 4
    }
    let squares = means.map { $0.magnitude < 1e-6 ? 0 : $0 * $0 }
    let batch = Case(
      weight: Self.weight, shape: [2, 3], key: "g2", sums: squares, metadata: ["steps": "1"])
    #expect(
      try batch.scoresAre([0.00125, 0, 0, 0.005, 0.0003125, 0.000703125], curvature: "fisher"))
    #expect(try batch.order() == [2, 1, 4, 5, 0, 3])
    let notes = try batch.run(["sparsity": "0.5"]).context.diagnostics
    #expect(notes.map(\.message.id) == ["obd-no-fisher"])
  }

  @Test func sumsWithoutACountAreNoted() throws {
    let notes = try fisher([:]).run(["sparsity": "0.5"]).context.diagnostics
    #expect(notes.map(\.message.id) == ["record-counts", "obd-no-fisher"])
  }

  /// One linear output under the mean squared error: what deleting each weight costs, exactly.
  @Test func theGaussNewtonFormHasTheReferenceScores() throws {
    let linear = Case(
      weight: [1, -0.5, 0.25], shape: [1, 3], key: "xnorm2", sums: [6, 3, 6], sumShape: [3],
      metadata: ["samples": "4"])
    #expect(try linear.scoresAre([1.5, 0.1875, 0.09375], curvature: "gauss-newton"))
    #expect(try linear.order() == [2, 1, 0])
    let notes = try linear.run(["count": "1"]).context.diagnostics
    #expect(notes.map(\.message.id) == ["obd-curvature"])
    #expect(notes.last?.message.text.contains("Gauss-Newton") == true)
  }

  /// The three steps of the hand-made record, a sample each.
  @Test func theHandMadeRecordHasTheReferenceScores() throws {
    let record = Case(
      weight: PruneMovementTests.last, shape: [3, 4], key: "g2",
      sums: [0.5, 0.5, 1.5, 0.75, 0.75, 3, 1.5, 0, 0.75, 0.1875, 0, 1.5],
      metadata: ["g2_per": "sample", "samples": "3"])
    #expect(
      try record.scoresAre(
        [
          0.1875, 0.0208333333, 0.390625, 0.1953125, 0.1953125, 0.5, 0.0625, 0, 0.048828125,
          0.00439453125, 0, 1,
        ], curvature: "fisher"))
  }

  /// Of three equal scores the later ones go first, whatever the magnitudes.
  @Test func tiesGoFromBehind() throws {
    let quadratic = Case(
      weight: [1, -0.5, 2, 0.1], shape: [1, 4], key: "g2", sums: [1, 4, 0.25, 2],
      metadata: ["g2_per": "sample", "samples": "1"])
    #expect(try quadratic.order() == [3, 2, 1, 0])
  }

  @Test func aRecordWithoutTheKeyNamesWhatItServes() throws {
    let other = Case(weight: Self.weight, shape: [2, 3], key: "mv", sums: Self.weight)
    let error = #expect(throws: DiagnosticMessage.self) { try other.run(["sparsity": "0.5"]) }
    #expect(error?.id == "record-lacks-key")
    #expect(error?.text.contains("movement (form=gradient)") == true)
    #expect(throws: DiagnosticMessage.self) {
      try fisher([:]).run(["sparsity": "0.5", "curvature": "gauss-newton"])
    }
  }

  @Test func blocksHaveTheSumsOfTheirScores() throws {
    let fisher = fisher(["g2_per": "sample", "samples": "4"])
    // Rows are the columns of the matrix: 0.0775, 0.02734375 and 0.02015625.
    #expect(try fisher.run(["block": "row", "count": "1"]).mask == [1, 1, 0, 1, 1, 0])
    #expect(try fisher.run(["block": "row", "count": "2"]).mask == [1, 0, 0, 1, 0, 0])
  }
}
