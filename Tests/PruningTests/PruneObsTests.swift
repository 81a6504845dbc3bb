import CoppiceIR
import CoppicePassManager
import CoppicePasses
import Testing

/// The numbers of `pruning-cases.md` 5.
@Suite struct PruneObsTests {
  @Test func surgeonRemovesOneElementOfARowAtATime() throws {
    let layer = try LayerCase()
    let found = try layer.pruned(
      PruneObs.self, ["method": "obs", "sparsity": "0.5", "scope": "row"])
    let expected = [
      [-1.482004, -1.024875, 0, 0, 0, 0.979928], [0, 0.740773, -1.144774, 0, 1.447355, 0],
      [0, 0, -1.38046, 0, -0.693568, 1.969668], [-0.992783, -1.592159, 1.702734, 0, 0, 0],
    ]
    #expect(isClose(found, expected))
    #expect(mask(found) == mask(expected))
    #expect(abs(layer.error(found) - 27.935481) < 1e-4)
  }

  /// The same choice for weights of 16 bits, whose new values are rounded.
  @Test(arguments: [(ElementType.float16, 0x1p-10), (.bfloat16, 0x1p-7)])
  func surgeonTakesHalves(_ element: ElementType, _ step: Double) throws {
    for options in [["method": "obs", "scope": "row"], ["columns": "2"]] {
      let options = options.merging(["sparsity": "0.5"]) { $1 }
      let single = try LayerCase().pruned(PruneObs.self, options)
      let half = try LayerCase(element).pruned(PruneObs.self, options)
      #expect(isClose(half, single, within: 2 * step))
      #expect(mask(half) == mask(single))
    }
  }

  /// Removals of all rows ranked together: never worse than the same count for each row.
  @Test func surgeonRanksRowsTogether() throws {
    let layer = try LayerCase()
    let found = try layer.pruned(PruneObs.self, ["method": "obs", "sparsity": "0.5"])
    #expect(mask(found).joined().reduce(0, +) == 12)
    #expect(layer.error(found) < 27.935481)
  }

  @Test(arguments: [
    (
      ["columns": "6"],
      [
        [-1.5, 0, 0, 0, 0, 0.41641], [0, 0, -0.737719, 0, 1.60502, -0.221411],
        [1, 0, -1.571953, 0, -0.729575, 1.498], [-1, -1.5, 1.25, 0, 0, 0],
      ], 40.110578
    ),
    (
      ["columns": "2"],
      [
        [-1.5, 0, -0.787811, 0, 0, 1.084064], [0, 0, -0.737719, 0, 1.60502, 0],
        [1, 0, -1.571953, 0, -0.729575, 1.498], [-1, -1.5, 1.25, 0, 0, 0],
      ], 38.627403
    ),
  ])
  func sparseGPTSpreadsErrorsToTheRight(
    _ options: [String: String], _ expected: [[Double]], _ error: Double
  ) throws {
    let layer = try LayerCase()
    let found = try layer.pruned(PruneObs.self, options.merging(["sparsity": "0.5"]) { $1 })
    #expect(isClose(found, expected))
    #expect(mask(found) == mask(expected))
    #expect(abs(layer.error(found) - error) < 1e-4)
  }

  /// The damping of the six columns, as a part of the mean of four.
  @Test func patternsAreChosenFromUpdatedWeights() throws {
    let four = try LayerCase(columns: 4)
    let found = try four.pruned(
      PruneObs.self, ["block": "2:4", "damp": "0.010812706270627"])
    let expected = [
      [-1.5, -1, 0, 0], [0, 0.971506, -1.088095, 0], [1, 0, -1.631541, 0],
      [0, -1.613977, 0.897621, 0],
    ]
    #expect(isClose(found, expected))
    #expect(mask(found) == mask(expected))
    #expect(abs(four.error(found) - 38.969633) < 1e-4)
  }

  @Test func theTailOfAPatternLosesItsShare() throws {
    let six = try LayerCase()
    let found = try six.pruned(PruneObs.self, ["block": "2:4"])
    let expected = [
      [-1.5, -1, 0, 0, 0, 0.977783], [0, 1.08285, -1.049376, 0, 1.497463, 0],
      [1, 0, -1.571953, 0, 0, 1.036252], [0, -1.168599, 1.052498, 0, 0, -0.25674],
    ]
    #expect(isClose(found, expected))
    #expect(mask(found) == mask(expected))
    #expect(abs(six.error(found) - 50.976841) < 1e-4)
    let pairs = try six.pruned(PruneObs.self, ["block": "1:2"])
    #expect(
      mask(pairs) == [
        [1, 0, 1, 0, 0, 1], [0, 1, 1, 0, 1, 0], [1, 0, 1, 0, 0, 1], [0, 1, 1, 0, 0, 1],
      ])
    #expect(abs(six.error(pairs) - 57.243417) < 1e-4)
  }

  @Test(arguments: ["sparsegpt", "obs"]) func oneOfFour(_ method: String) throws {
    let found = try LayerCase(columns: 4).pruned(
      PruneObs.self, ["block": "1:4", "method": method])
    #expect(mask(found).allSatisfy { $0.reduce(0, +) == 1 })
  }

  /// Row by row the best mask of one element, against all masks by least squares.
  @Test func aPatternOfTheSurgeonIsARefitOfItsMask() throws {
    let layer = try LayerCase()
    let found = try layer.pruned(PruneObs.self, ["block": "2:4", "method": "obs"])
    let kept = mask(found)
    #expect(kept.allSatisfy { $0[..<4].reduce(0, +) == 2 && $0[4...].reduce(0, +) == 1 })
    for (row, own) in kept.enumerated() {
      let refit = layer.refit(row, own)
      #expect(isClose([found[row]], [refit], within: 1e-5))
    }
  }

  @Test func magnitudeIsWorse() throws {
    let layer = try LayerCase()
    let found = try layer.pruned(PruneMagnitude.self, ["sparsity": "0.5"])
    #expect(abs(layer.error(found) - 46.433594) < 1e-4)
  }

  @Test(arguments: [
    (["block": "row", "sparsity": "0.5"], "obs-block"),
    (["block": "2x1", "sparsity": "0.5", "method": "obs"], "obs-block"),
    (["block": "2:4", "sparsity": "0.5"], "pass-option-exclusive"),
    (["block": "2:x"], "prune-block"),
  ])
  func refusals(_ options: [String: String], _ id: String) throws {
    let layer = try LayerCase()
    let error = #expect(throws: DiagnosticMessage.self) {
      try layer.pruned(PruneObs.self, options)
    }
    #expect(error?.id == id)
  }

  @Test func globalScopeIsRefused() {
    #expect(PruneObs.info.options.first { $0.name == "scope" }?.allows("global") == false)
  }
}

extension LayerCase {
  /// The damped least squares of a row on a mask.
  func refit(_ row: Int, _ kept: [Int]) -> [Double] {
    var hessian = (0..<columns).map { i in
      (0..<columns).map { j in
        Self.x.reduce(0.0) { $0 + 2 * Double($1[i]) * Double($1[j]) }
      }
    }
    let damp = 0.01 * (0..<columns).reduce(0) { $0 + hessian[$1][$1] } / Double(columns)
    for index in 0..<columns { hessian[index][index] += damp }
    let own = kept.indices.filter { kept[$0] != 0 }
    var system = own.map { i in
      own.map { hessian[i][$0] }
        + [(0..<columns).reduce(0.0) { $0 + hessian[i][$1] * Double(Self.w[row][$1]) }]
    }
    for pivot in system.indices {
      for other in system.indices where other != pivot {
        let factor = system[other][pivot] / system[pivot][pivot]
        for index in system[other].indices { system[other][index] -= factor * system[pivot][index] }
      }
    }
    var result = [Double](repeating: 0, count: columns)
    for (index, column) in own.enumerated() {
      result[column] = system[index][own.count] / system[index][index]
    }
    return result
  }
}
