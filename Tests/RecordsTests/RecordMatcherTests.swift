import CoppiceIR
import CoppiceRecords
import Testing

@Suite struct RecordMatcherTests {
  private func numbers(_ count: Int, seed: UInt64) -> [Float] {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(Int32(truncatingIfNeeded: state >> 33)) * 0x1p-30
    }
  }

  private func record(_ parameters: [(String, [Int], [Float])]) throws -> TrainingRecord {
    var builder = RecordBuilder()
    for (name, shape, values) in parameters {
      builder.add(name, shape: shape, [.final: values, .mv: values])
    }
    return try builder.build()
  }

  private func owners(
    _ record: TrainingRecord, _ targets: MatchTarget...
  ) throws -> [[String]] {
    try RecordMatcher(record).match(targets).map { match in
      match.owners.map { "\(record.parameters[$0.parameter].name): \($0.layout.name)" }
    }
  }

  private func target(
    _ name: String, _ shape: [Int], _ values: [Float], role: MatchTarget.Role = .plain,
    precision: MatchTarget.Precision = .exact, uses: Int = 1, scopes: [String] = []
  ) -> MatchTarget {
    MatchTarget(
      name: name, shape: shape, values: FloatValues(values), precision: precision, role: role,
      uses: uses, scopes: scopes)
  }

  private func transposed(_ values: [Float], rows: Int, columns: Int) -> [Float] {
    (0..<columns).flatMap { column in (0..<rows).map { values[$0 * columns + column] } }
  }

  @Test func aTransposedWeightIsFoundAndScoredInItsOwnLayout() throws {
    let values = numbers(15, seed: 1)
    let record = try record([
      ("a.weight", [5, 3], values), ("b.weight", [3, 5], numbers(15, seed: 2)),
    ])
    let turned = transposed(values, rows: 5, columns: 3)
    let target = target("onnx::MatMul_7", [3, 5], turned)
    #expect(try owners(record, target) == [["a.weight: transposed"]])
    let match = try RecordMatcher(record).match([target])[0]
    #expect(
      try MovementScores(record, form: .gradient).scores(of: match, count: 15).array == turned)
  }

  @Test func insertedAxesDoNotMatter() throws {
    let values = numbers(12, seed: 3)
    let record = try record([("w", [4, 3], values)])
    #expect(try owners(record, target("x", [4, 3, 1, 1], values)) == [["w: reshaped"]])
  }

  /// The gates of three rows by two columns, as PyTorch keeps them.
  private func gates(_ seed: UInt64, _ count: Int) -> [[Float]] {
    (0..<count).map { numbers(6, seed: seed &+ UInt64($0)) }
  }

  @Test func bothDirectionsOfAnLSTMHaveTheirOwnOwner() throws {
    let (forward, backward) = (gates(10, 4), gates(20, 4))
    let record = try record([
      ("rnn.weight_ih_l0", [12, 2], forward.flatMap { $0 }),
      ("rnn.weight_ih_l0_reverse", [12, 2], backward.flatMap { $0 }),
    ])
    let stacked = [forward, backward].flatMap { [$0[0], $0[3], $0[1], $0[2]].flatMap { $0 } }
    let target = target("onnx::LSTM_9", [2, 12, 2], stacked, role: .lstm)
    let match = try RecordMatcher(record).match([target])[0]
    #expect(
      match.owners.map { record.parameters[$0.parameter].name }
        == ["rnn.weight_ih_l0", "rnn.weight_ih_l0_reverse"])
    #expect(
      try MovementScores(record, form: .gradient).scores(of: match, count: 48).array == stacked)
  }

  @Test func aGRUsGatesArePermuted() throws {
    let gates = gates(30, 3)
    let record = try record([("g.weight_hh_l0", [9, 2], gates.flatMap { $0 })])
    let values = [gates[1], gates[0], gates[2]].flatMap { $0 }
    let target = target("onnx::GRU_1", [1, 9, 2], values, role: .gru)
    #expect(try owners(record, target) == [["g.weight_hh_l0: gates [1, 0, 2]"]])
  }

  @Test func aPlainRecurrenceOfTwoDirectionsIsStacked() throws {
    let (one, two) = (numbers(6, seed: 40), numbers(6, seed: 41))
    let record = try record([("f", [3, 2], one), ("r", [3, 2], two)])
    let target = target("onnx::RNN_1", [2, 3, 2], one + two)
    let match = try RecordMatcher(record).match([target])[0]
    #expect(match.owners.map(\.parameter) == [0, 1])
    #expect(
      try MovementScores(record, form: .gradient).scores(of: match, count: 12).array == one + two)
  }

  @Test func foldedScalesMayBeNegativeAndTransposed() throws {
    let values = numbers(40, seed: 50)
    let record = try record([("w", [4, 10], values)])
    let factors: [Float] = [0.75, -2, 1.5, 0.01]
    let folded = values.enumerated().map { $1 * factors[$0 / 10] }
    let turned = transposed(folded, rows: 4, columns: 10)
    let match = try RecordMatcher(record).match([target("x", [10, 4], turned)])[0]
    let scale = try #require(match.owners[0].scale)
    for (found, wanted) in zip(scale.factors, factors) { #expect(abs(found - wanted) < 1e-5) }
  }

  @Test func aGroupedTransposedConvolutionIsScaledBySecondAxis() throws {
    let shape = [4, 3, 2, 1]
    let values = numbers(24, seed: 60)
    let record = try record([("up.weight", shape, values)])
    let factors: [Float] = [1.5, -2, 0.5, 3, 0.25, -1]
    let folded = values.enumerated().map { index, value in
      value * factors[index / 12 * 3 + index / 2 % 3]
    }
    let role = MatchTarget.Role.transposedConvolution(groups: 2)
    let match = try RecordMatcher(record).match([target("x", shape, folded, role: role)])[0]
    let scale = try #require(match.owners[0].scale)
    for (found, wanted) in zip(scale.factors, factors) { #expect(abs(found - wanted) < 1e-5) }
  }

  @Test func tooFewElementsPerChannelNeverFitByScale() throws {
    let record = try record([("slope", [4], [1, 2, 3, 4])])
    #expect(throws: DiagnosticMessage.self) {
      try owners(record, target("x", [4, 1, 1], [5, 7, 9, 2]))
    }
  }

  @Test func halfPrecisionWeightsMatchTheirRoundedOwner() throws {
    let values = numbers(32, seed: 70)
    let record = try record([("w", [4, 8], values), ("v", [4, 8], numbers(32, seed: 71))])
    let half = values.map { value in
      Float(bitPattern: (value.bitPattern + 0x8000) & 0xFFFF_0000)
    }
    #expect(
      try owners(record, target("x", [4, 8], half, precision: .bfloat16)) == [["w: identity"]])
  }

  /// What a Cast of a weight of 16 bits leaves is a constant of 32 bits.
  @Test(arguments: [UInt32(0x1FFF), 0xFFFF])
  func weightsThatWereRoundedAndWidenedMatchTheirOwner(_ lost: UInt32) throws {
    let values = numbers(32, seed: 72)
    let record = try record([("w", [4, 8], values), ("v", [4, 8], numbers(32, seed: 73))])
    let rounded = values.map { Float(bitPattern: ($0.bitPattern + lost / 2) & ~lost) }
    #expect(rounded.allSatisfy { $0.magnitude > 0x1p-14 })
    #expect(try owners(record, target("x", [4, 8], rounded)) == [["w: identity"]])
    let other = rounded.map { $0 * 1.015625 }
    #expect(throws: DiagnosticMessage.self) { try owners(record, target("x", [4, 8], other)) }
  }

  /// The nearest whole multiples of steps, one for each index of an axis or one for all.
  private func quantized(
    _ values: [Float], _ shape: [Int], axis: Int?, steps: Float = 127
  ) -> [Float] {
    let inner = axis.map { shape[($0 + 1)...].reduce(1, *) } ?? 1
    let extent = axis.map { shape[$0] } ?? 1
    var largest = [Float](repeating: 0, count: extent)
    for (index, value) in values.enumerated() {
      largest[index / inner % extent] = max(largest[index / inner % extent], value.magnitude)
    }
    return values.enumerated().map { index, value in
      let step = largest[index / inner % extent] / steps
      return (value / step).rounded() * step
    }
  }

  @Test(arguments: [nil, 0, 1] as [Int?])
  func dequantizedWeightsMatchTheirOwner(_ axis: Int?) throws {
    let values = numbers(96, seed: 90)
    let record = try record([
      ("w", [8, 12], values), ("v", [8, 12], numbers(96, seed: 91)),
      ("u", [12, 8], numbers(96, seed: 92)),
    ])
    for steps in [Float(7), 127] {
      let model = quantized(values, [8, 12], axis: axis, steps: steps)
      #expect(try owners(record, target("x", [8, 12], model)) == [["w: identity"]])
      let turned = transposed(model, rows: 8, columns: 12)
      #expect(try owners(record, target("x", [12, 8], turned)) == [["w: transposed"]])
    }
  }

  @Test func aStepAsideIsNoDequantizedWeight() throws {
    let values = numbers(96, seed: 93)
    let record = try record([("w", [8, 12], values)])
    var model = quantized(values, [8, 12], axis: nil)
    let largest = model.map(\.magnitude).max() ?? 0
    let small = try #require(model.firstIndex { $0.magnitude < largest / 2 })
    model[small] += largest / 127
    #expect(throws: DiagnosticMessage.self) { try owners(record, target("x", [8, 12], model)) }
    let few = quantized(Array(values[..<4]), [2, 2], axis: nil)
    let other = try self.record([("w", [2, 2], Array(values[..<4]))])
    #expect(throws: DiagnosticMessage.self) { try owners(other, target("x", [2, 2], few)) }
  }

  @Test func ownersGivenByHandStandAboveTheValues() throws {
    let values = numbers(12, seed: 94)
    let record = try record([
      ("a", [3, 4], values), ("b", [4, 3], numbers(12, seed: 95)), ("c", [3, 4], values),
    ])
    let other = numbers(12, seed: 96)
    func owners(_ map: String, _ values: [Float]) throws -> ([String], [String]) {
      let matcher = RecordMatcher(record, map: try RecordMap(map, name: "map.json"))
      let result = try matcher.matches([target("x", [3, 4], values)])
      let names = result.matches.compactMap { $0 }.flatMap(\.owners).map {
        "\(record.parameters[$0.parameter].name): \($0.layout.name)"
      }
      return (names, result.notes)
    }
    #expect(try owners(#"{"x": "c"}"#, values).0 == ["c: identity"])
    #expect(try owners(#"{"x": "c"}"#, values).1.isEmpty)
    #expect(
      try owners(#"{"x": {"param": "c", "layout": "identity"}}"#, values).0 == ["c: identity"])
    let stale = try owners(#"{"x": {"param": "b", "layout": "transposed"}}"#, other)
    #expect(stale.0 == ["b: transposed"])
    #expect(stale.1.first?.contains("'x' is 'b' by hand, off by") == true)
    #expect(try owners(#"{"x": ["a", "c"]}"#, values).0 == ["a: identity", "c: identity"])
    for wrong in [
      #"{"x": "nobody"}"#, #"{"x": {"param": "a", "layout": "transposed"}}"#, #"{"x": {}}"#,
      #"{"x": {"param": "a", "gates": 4}}"#, #"{"x": "b"}"#, #"["x"]"#, #"{"x": 4}"#,
    ] {
      #expect(throws: DiagnosticMessage.self) { try owners(wrong, other) }
    }
  }

  @Test func weightsWithSeveralFaultyPartsCountOnce() throws {
    let record = try record([("w", [12, 2], numbers(24, seed: 74))])
    let lstm = target("l", [2, 12, 2], numbers(48, seed: 75), role: .lstm)
    let error = #expect(throws: DiagnosticMessage.self) { try owners(record, lstm) }
    #expect(error?.text.hasSuffix("does not tell the owner of 1 of 1 weights") == true)
    #expect(error?.notes.count == 2)
  }

  @Test func distancesAreNeverSaidToBeNothing() throws {
    let values = numbers(12, seed: 76)
    let record = try record([("w", [3, 4], values)])
    let note = { (change: (Int, Float) -> Float) throws -> String in
      let moved = values.enumerated().map(change)
      let error = #expect(throws: DiagnosticMessage.self) {
        try owners(record, target("x", [3, 4], moved))
      }
      return error?.notes.first ?? ""
    }
    let tiny = try note { index, value in index % 2 == 0 ? value * 1.0001 : value }
    #expect(tiny.contains("off by less than 0.05 % in L2"), "\(tiny)")
    let small = try note { index, value in index % 2 == 0 ? value * 1.003 : value }
    #expect(small.contains(/off by 0\.[1-3] % in L2/), "\(small)")
    let zero = try note { index, _ in 0 }
    #expect(zero.contains("off by 100.0 % in L2"), "\(zero)")
  }

  @Test func oneFactorOfAllChannelsIsFound() throws {
    let (one, two) = (numbers(12, seed: 77), numbers(20, seed: 78))
    let record = try record([("a", [3, 4], one), ("b", [4, 5], two)])
    let factor = { (first: Float, second: Float) throws -> Float? in
      try RecordMatcher(record).match([
        target("x", [3, 4], one.map { $0 * first }), target("y", [4, 5], two.map { $0 * second }),
      ]).commonFactor
    }
    #expect(abs(try #require(try factor(0.75, 0.75)) - 0.75) < 1e-5)
    #expect(try factor(0.75, 0.8) == nil)
    #expect(try factor(0.75, 1) == nil)
    #expect(try factor(1, 1) == nil)
  }

  @Test func amongEqualsTheNameDecidesThenTheScope() throws {
    let values = numbers(12, seed: 80)
    let record = try record([("a.weight", [3, 4], values), ("b.weight", [3, 4], values)])
    let (byName, byScope) = (
      target("b.weight", [3, 4], values), target("x", [3, 4], values, scopes: ["/a/MatMul"])
    )
    #expect(
      try owners(record, byName, byScope) == [["b.weight: identity"], ["a.weight: identity"]])
    let error = #expect(throws: DiagnosticMessage.self) {
      try owners(record, target("x", [3, 4], values), target("y", [3, 4], values))
    }
    #expect(error?.notes.count == 2)
    #expect(error?.notes.first?.contains("'a.weight' and 'b.weight'") == true)
  }

  @Test func mergedDuplicatesSumTheScoresOfTheirOwners() throws {
    let values = numbers(12, seed: 90)
    let record = try record([("a", [3, 4], values), ("b", [3, 4], values)])
    let match = try RecordMatcher(record).match([target("val_0", [3, 4], values, uses: 2)])[0]
    #expect(match.owners.count == 2)
    #expect(
      try MovementScores(record, form: .gradient).scores(of: match, count: 12).array
        == values.map { $0 + $0 })
  }

  @Test func tiedCopiesShareTheirOwner() throws {
    let values = numbers(12, seed: 95)
    let record = try record([("emb", [3, 4], values)])
    let turned = transposed(values, rows: 3, columns: 4)
    #expect(
      try owners(record, target("e", [3, 4], values), target("o", [4, 3], turned))
        == [["emb: identity"], ["emb: transposed"]])
  }

  @Test func anUnmatchedWeightNamesTheNearest() throws {
    let values = numbers(12, seed: 100)
    let record = try record([("near", [3, 4], values), ("far", [3, 4], numbers(12, seed: 101))])
    let moved = values.map { $0 * 1.0625 + 0.01 }
    let error = #expect(throws: DiagnosticMessage.self) {
      try owners(record, target("w", [3, 4], moved), target("odd", [5, 7], numbers(35, seed: 1)))
    }
    #expect(error?.notes.count == 2)
    #expect(error?.notes.first?.contains("the nearest is 'near'") == true)
    #expect(error?.notes.last?.contains("no recorded parameter has its shape") == true)
  }
}
