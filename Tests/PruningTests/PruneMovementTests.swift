import CoppiceIR
import CoppicePassManager
import CoppicePasses
import Testing

/// The masks of `pruning.md` 6.2, by the full path through the pass.
@Suite struct PruneMovementTests {
  static let first: [Float] = [1, -1, 0.25, 2, -0.5, 0.5, 0, -2, 0.125, -0.25, 1.5, -1.5]
  static let last: [Float] = [
    1.5, -0.5, 1.25, 1.25, -1.25, -1, -0.5, -2, -0.625, -0.375, 1.5, -2,
  ]
  static let gradient: [Float] = [
    1.125, -0.875, 1.125, -2.625, 1.125, 0, -0.125, 0, 0.1875, 0.03125, 0, 1.375,
  ]

  private func services(
    map: String = "{}", _ change: (inout MemoryTensors) -> Void = { _ in }
  ) -> PassServices {
    let constant = { (values: [Float]) in Constant(values, .float32, [3, 4]) }
    var tensors = MemoryTensors(
      metadata: ["format": "prunerec/1", "params": #"{"fc.weight":{}}"#],
      tensors: [
        "fc.weight/final": constant(Self.last), "fc.weight/init": constant(Self.first),
        "fc.weight/mv": constant(Self.gradient),
      ])
    change(&tensors)
    let opened = tensors
    return PassServices(openTensors: { _ in opened }, readText: { _ in map })
  }

  private func run(
    _ options: [String: String], services: PassServices? = nil
  ) throws -> (mask: [Int], context: PassContext) {
    var graph = WeightGraph(width: 3)
    graph.add("onnx::MatMul_3", shape: [3, 4], Self.last)
    let options = options.merging(["record": "run.safetensors"]) { $1 }
    let context = try graph.run(
      PruneMovement.self, options, services: services ?? self.services())
    return (graph.mask(), context)
  }

  @Test func gradientScoresGiveTheReferenceMasks() throws {
    let six = [1, 0, 1, 0, 1, 0, 0, 0, 1, 1, 0, 1]
    #expect(try run(["keep": "0.5"]).mask == six)
    #expect(try run(["sparsity": "0.5", "form": "gradient"]).mask == six)
    #expect(try run(["threshold": "0"]).mask == six)
    #expect(try run(["keep": "0.25"]).mask == [1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1])
    #expect(try run(["threshold": "0.1375"]).mask == [1, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 1])
  }

  @Test func midpointScoresGiveTheReferenceMasks() throws {
    #expect(
      try run(["keep": "0.5", "form": "midpoint"]).mask == [1, 0, 1, 0, 1, 1, 0, 0, 1, 0, 0, 1])
    #expect(
      try run(["keep": "0.25", "form": "midpoint"]).mask == [0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1])
  }

  /// Half the gradient form, as the rate was 0.5 in every step.
  @Test func deltasOfSnapshotsGiveTheReferenceMasks() throws {
    func steps(_ steps: [Int]) -> PassServices {
      services {
        let second: [Float] = [
          1.25, -0.75, 0.75, 1.75, -0.75, 0, -0.25, -2, -0.125, -0.375, 1.5, -2,
        ]
        let third: [Float] = [1.5, -0.75, 1, 1.5, -1, -0.5, 0, -2, -0.375, -0.25, 1.5, -2.25]
        for (step, values) in zip(steps, [second, third]) {
          $0.tensors["fc.weight/snap.\(step)"] = Constant(values, .float32, [3, 4])
        }
      }
    }
    let delta = ["keep": "0.5", "form": "delta"]
    let every = try run(delta, services: steps([1, 2]))
    #expect(every.mask == [1, 0, 1, 0, 1, 0, 0, 0, 1, 1, 0, 1])
    #expect(every.context.diagnostics.map(\.message.id) == ["record-note", "movement-form"])
    let coarse = try run(delta, services: steps([100, 200]))
    #expect(coarse.mask == every.mask)
    #expect(coarse.context.diagnostics.last?.message.id == "record-coarse")
  }

  /// One weight of the record and one that it does not know.
  private func runPartly(
    _ options: [String: String], map: String = "{}"
  ) throws -> (masks: [[Int]], context: PassContext) {
    var graph = WeightGraph(width: 3)
    graph.add("w", shape: [3, 4], Self.last)
    graph.add("other", shape: [4, 3], [4, 3, -12, 1, 2, 11, 10, -5, 9, 8, 7, 6])
    let given = options.merging(["record": "r", "form": "gradient"]) { own, _ in own }
    let context = try graph.run(PruneMovement.self, given, services: services(map: map))
    return ([graph.mask(0), graph.mask(1)], context)
  }

  @Test func weightsWithoutAnOwnerGoTheWayThatIsAskedFor() throws {
    let six = [1, 0, 1, 0, 1, 0, 0, 0, 1, 1, 0, 1]
    let skip = try runPartly(["keep": "0.5", "record-partial": "skip"])
    #expect(skip.masks == [six, [Int](repeating: 1, count: 12)])
    let magnitude = try runPartly(["keep": "0.5", "record-partial": "magnitude"])
    #expect(magnitude.masks == [six, [0, 0, 1, 0, 0, 1, 1, 0, 1, 1, 1, 0]])
    for run in [skip, magnitude] {
      let warning = run.context.diagnostics.first { $0.message.id == "record-partial" }
      #expect(warning?.severity == .warning)
      #expect(warning?.message.notes.first?.contains("'other'") == true)
    }
    let error = #expect(throws: DiagnosticMessage.self) { try runPartly(["keep": "0.5"]) }
    #expect(error?.id == "record-match")
    #expect(error?.notes.last?.contains("record-map=FILE") == true)
    for clash in [["keep": "0.5", "scope": "global"], ["threshold": "0"]] {
      let given = clash.merging(["record-partial": "magnitude"]) { $1 }
      let error = #expect(throws: DiagnosticMessage.self) { try runPartly(given) }
      #expect(error?.id == "record-partial")
    }
  }

  @Test func aMapNamesOwnersByHand() throws {
    let map = #"{"other": {"param": "fc.weight", "layout": "transposed"}}"#
    let run = try runPartly(["keep": "0.25", "record-map": "map.json"], map: map)
    #expect(run.masks[1] == [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
    #expect(run.context.diagnostics.contains { $0.message.id == "record-map" })
    let unknown = #"{"nobody": "fc.weight"}"#
    let error = #expect(throws: DiagnosticMessage.self) {
      try runPartly(["keep": "0.25", "record-map": "map.json"], map: unknown)
    }
    #expect(error?.text.contains("'nobody', which is no constant") == true)
  }

  /// `pruning-cases.md` 1: sigmoid(S) > tau, and a part of the largest score.
  @Test func softMovementKeepsWhatTheSigmoidLets() throws {
    let scores: [Float] = [-3, -2.1972245773362196, -2, 0, 1.5, -0.5, -2.5, 0.75, -4]
    func mask(_ options: [String: String], _ scores: [Float] = scores) throws -> [Int] {
      let ones = Constant([Float](repeating: 1, count: 9), .float32, [3, 3])
      let services = services {
        $0.tensors = [
          "fc.weight/final": ones, "fc.weight/mv": Constant(scores, .float32, [3, 3]),
        ]
      }
      var graph = WeightGraph(width: 3)
      graph.add("w", shape: [3, 3], [Float](repeating: 1, count: 9))
      let record = ["record": "run.safetensors"]
      try graph.run(PruneMovement.self, options.merging(record) { $1 }, services: services)
      return graph.mask()
    }
    #expect(try mask(["sigmoid": "0.1"]) == [0, 0, 1, 1, 1, 1, 0, 1, 0])
    #expect(try mask(["sigmoid": "0.5"]) == [0, 0, 0, 0, 1, 0, 0, 1, 0])
    #expect(try mask(["sigmoid": "0.05"]) == [0, 1, 1, 1, 1, 1, 1, 1, 0])
    #expect(try mask(["sigmoid": "0"]) == [1, 1, 1, 1, 1, 1, 1, 1, 1])
    #expect(try mask(["sigmoid": "1"]) == [0, 0, 0, 0, 0, 0, 0, 0, 0])
    let signed: [Float] = [0.5, -0.25, 0.0625, -1, 0.25, 0, -1, -1, -1]
    #expect(
      try mask(["score-percent-of-max": "0.125"], signed) == [1, 0, 1, 0, 1, 0, 0, 0, 0])
    #expect(try mask(["score-percent-of-max": "0.5"], signed) == [1, 0, 0, 0, 1, 0, 0, 0, 0])
    let negative = scores.map { min($0, 0) }
    let error = #expect(throws: DiagnosticMessage.self) {
      try mask(["score-percent-of-max": "0.5"], negative)
    }
    #expect(error?.id == "movement-max")
  }

  @Test func theFormAndTheMissingMaskFlagAreReported() throws {
    let notes = try run(["keep": "0.5"]).context.diagnostics
    #expect(notes.map(\.message.id) == ["record-note", "movement-form"])
    #expect(notes.last?.message.text.contains("gradient form") == true)
    let without = services { $0.tensors["fc.weight/mv"] = nil }
    let midpoint = try run(["keep": "0.5"], services: without).context
    #expect(midpoint.diagnostics.last?.message.text.contains("midpoint form") == true)
    let pruned = midpoint.results(of: PrunedWeights.self)
    #expect(pruned.first?.weights.first?.source == "fc.weight")
  }

  @Test func oneFactorThatNothingExplainsIsWarnedOf() throws {
    let scaled = { (change: (inout MemoryTensors) -> Void) in
      services {
        $0.tensors["fc.weight/final"] = Constant(Self.last.map { $0 * 0.75 }, .float32, [3, 4])
        change(&$0)
      }
    }
    let warned = try run(["keep": "0.5"], services: scaled { _ in }).context
    let warning = warned.diagnostics.first { $0.message.id == "record-scaled" }
    #expect(warning?.severity == .warning)
    #expect(warning?.message.text.hasPrefix("every weight is 1.333") == true)
    let normalized = scaled {
      $0.metadata["params"] = #"{"fc.weight":{},"bn.weight":{}}"#
      $0.tensors["bn.weight/final"] = Constant([1, 1, 1], .float32, [3])
    }
    for services in [self.services(), normalized] {
      let context = try run(["keep": "0.5", "form": "gradient"], services: services).context
      #expect(!context.diagnostics.contains { $0.message.id == "record-scaled" })
    }
  }

  @Test func midpointScoresOfAMaskedTrainingAreWarnedOf() throws {
    let masked = services { $0.metadata["masks_active"] = "true" }
    for (form, ids) in [
      ("gradient", ["movement-form"]), ("midpoint", ["movement-form", "record-masked"]),
    ] {
      let context = try run(["keep": "0.5", "form": form], services: masked).context
      #expect(context.diagnostics.map(\.message.id) == ids)
    }
  }

  /// Two weights for a filter are too few to tell the factor from the weights alone.
  @Test func theFactorsOfTwoFoldedNormalizationsMultiply() throws {
    var graph = try Graph(
      parsing: """
        graph @twice(%x: f32[1,2,1,1]) {
          %w = constant [1.5, -0.5, 1.25, 1.25, -1.25, -1.0] : f32[3,2,1,1]
          %s = constant [2.0, 0.5, -4.0] : f32[3]
          %t = constant [0.5, 4.0, 0.25] : f32[3]
          %one = constant [1.0, 1.0, 1.0] : f32[3]
          %zero = constant [0.0, 0.0, 0.0] : f32[3]
          %a = Conv(%x, %w) : f32[1,3,1,1]
          %b = BatchNormalization(%a, %s, %zero, %zero, %one) {epsilon = 0.0} : f32[1,3,1,1]
          %c = BatchNormalization(%b, %t, %zero, %zero, %one) {epsilon = 0.0} : f32[1,3,1,1]
          return %c
        }
        """)
    let weight = Constant(Array(Self.last[..<6]), .float32, [3, 2, 1, 1])
    let services = services {
      $0.metadata["params"] = #"{"conv.weight":{}}"#
      $0.tensors = ["conv.weight/final": weight, "conv.weight/mv": weight]
    }
    var context = PassContext(services: services)
    let pipeline = try PassRegistry.standard.resolve(
      "fold-batch-norm,prune-movement{record=r,keep=0.5}")
    try PassManager().run(pipeline, on: &graph, &context)
    let pruned = context.results(of: PrunedWeights.self).flatMap(\.weights)
    #expect(pruned.map(\.source) == ["conv.weight, scaled"])
    #expect(pruned.map(\.zeros) == [3])
  }

  @Test func aMissingScoreNamesWhatTheRecordServes() throws {
    let bare = services {
      $0.tensors["fc.weight/mv"] = nil
      $0.tensors["fc.weight/init"] = nil
    }
    let error = #expect(throws: DiagnosticMessage.self) {
      try run(["keep": "0.5"], services: bare)
    }
    #expect(error?.text.contains("what it can serve: magnitude") == true)
  }

  @Test func aScoreThatIsNotFiniteIsRefused() throws {
    let broken = services {
      var scores = Self.gradient
      scores[5] = .nan
      $0.tensors["fc.weight/mv"] = Constant(scores, .float32, [3, 4])
    }
    let error = #expect(throws: DiagnosticMessage.self) {
      try run(["keep": "0.5"], services: broken)
    }
    #expect(error?.text.contains("'fc.weight/mv' has a NaN or infinity at [1, 1]") == true)
  }

  @Test func aRecordOfAnotherModelIsRefused() throws {
    let other = services {
      $0.tensors["fc.weight/final"] = Constant(Self.first, .float32, [3, 4])
    }
    let error = #expect(throws: DiagnosticMessage.self) {
      try run(["keep": "0.5"], services: other)
    }
    #expect(error?.id == "record-match")
    #expect(error?.notes.first?.contains("the nearest is 'fc.weight'") == true)
  }
}
