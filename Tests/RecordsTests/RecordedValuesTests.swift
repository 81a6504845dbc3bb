import CoppiceIR
import CoppiceRecords
import Testing

/// What was recorded of a parameter finds the elements of the constant that was made from it.
@Suite struct RecordedValuesTests {
  private func numbers(_ count: Int, from first: Float = 1) -> [Float] {
    (0..<count).map { first + Float(($0 * 37) % 101) }
  }

  private func match(
    _ builder: RecordBuilder, _ target: MatchTarget
  ) throws -> (RecordedValues, RecordMatch) {
    let record = try builder.build()
    let match = try #require(try RecordMatcher(record).match([target]).first)
    return (RecordedValues(record), match)
  }

  /// With X = s W the gradient is that of W over s, and products of both stay.
  @Test func foldedFactorsAreUndone() throws {
    var builder = RecordBuilder()
    let final = HandMadeRecord.last
    builder.metadata["steps"] = "4"
    builder.add(
      "w", shape: [3, 4],
      [.final: final, .g1: final, .g2: final, .gw2: final, .dww: final, .`init`: final])
    let factors: [Float] = [2, 0.5, -4]
    let folded = final.enumerated().map { $1 * factors[$0 / 4] }
    let target = MatchTarget(name: "x", shape: [3, 1, 2, 2], values: FloatValues(folded))
    let (values, match) = try match(builder, target)
    let powers: [(RecordKey, [Double])] = [
      (.g1, [0.5, 2, -0.25]), (.g2, [0.25, 4, 0.0625]), (.gw2, [1, 1, 1]), (.dww, [4, 0.25, 16]),
      (.`init`, [2, 0.5, -4]),
    ]
    for (key, powers) in powers {
      let expected = final.enumerated().map { Double($1) * powers[$0 / 4] }
      #expect(try values.sums(key, of: match, count: 12) == expected, "\(key)")
    }
    let squares = final.enumerated().map { Double($1) * powers[1].1[$0 / 4] / 4 }
    #expect(try values.means(.g2, of: match, count: 12) == squares)
  }

  @Test func numbersOfChannelsStandAtTheirElements() throws {
    var builder = RecordBuilder()
    let final = numbers(12)
    builder.add("w", shape: [3, 4], [.final: final])
    builder.tensors += [
      ("w/chgw2", [3], [10, 20, 30]), ("w/xnorm2", [4], [1, 2, 3, 4]), ("w/chact", [2], [5, 6]),
    ]
    var turned: [Float] = []
    for index in 0..<12 { turned.append(final[index % 3 * 4 + index / 3]) }
    let target = MatchTarget(name: "x", shape: [4, 3], values: FloatValues(turned))
    let (values, match) = try match(builder, target)
    #expect(
      try values.sums(.chgw2, of: match, count: 12)
        == [10, 20, 30, 10, 20, 30, 10, 20, 30, 10, 20, 30])
    #expect(
      try values.sums(.xnorm2, of: match, count: 12) == [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4])
    let error = #expect(throws: DiagnosticMessage.self) {
      try values.sums(.chact, of: match, count: 12)
    }
    #expect(error?.id == "record-shape")
  }

  /// Two groups of two filters, which read three inputs each through two taps.
  @Test(arguments: [[3], [6], [3, 2], [6, 2]])
  func inputsOfConvolutionsAreTheirGroups(_ shape: [Int]) throws {
    var builder = RecordBuilder()
    let final = numbers(24)
    builder.add("w", shape: [4, 3, 2], [.final: final])
    let inputs = numbers(shape.reduce(1, *))
    builder.tensors.append(("w/xnorm2", shape, inputs))
    let target = MatchTarget(name: "x", shape: [4, 3, 2], values: FloatValues(final))
    let (values, match) = try match(builder, target)
    var expected: [Double] = []
    for index in 0..<24 {
      let (row, column, tap): (Int, Int, Int) = (index / 6, index / 2 % 3, index % 2)
      let input: Int = (shape[0] == 6 ? row / 2 * 3 : 0) + column
      expected.append(Double(inputs[shape.count == 2 ? input * 2 + tap : input]))
    }
    #expect(try values.sums(.xnorm2, of: match, count: 24) == expected)
  }

  /// The gates of PyTorch (i, f, g, o) and of Keras (i, f, c, o, side by side) in ONNX's order.
  @Test(arguments: [false, true])
  func gatesFindTheirChannels(_ isKeras: Bool) throws {
    var builder = RecordBuilder()
    let final = numbers(24)
    builder.add("w", shape: isKeras ? [3, 8] : [8, 3], [.final: final])
    builder.tensors += [
      ("w/chgw2", [8], (0..<8).map(Float.init)), ("w/xnorm2", [3], [7, 8, 9]),
    ]
    let gates = [0, 3, 1, 2]
    var turned: [Float] = []
    var rows: [Double] = []
    for index in 0..<24 {
      let gate: Int = gates[index / 6]
      let row: Int = gate * 2 + index / 3 % 2
      let column: Int = index % 3
      turned.append(isKeras ? final[column * 8 + row] : final[row * 3 + column])
      rows.append(Double(row))
    }
    let target = MatchTarget(name: "x", shape: [1, 8, 3], values: FloatValues(turned), role: .lstm)
    let (values, match) = try match(builder, target)
    #expect(try values.sums(.chgw2, of: match, count: 24) == rows)
    #expect(try values.sums(.xnorm2, of: match, count: 24) == (0..<24).map { [7.0, 8, 9][$0 % 3] })
  }

  @Test func sumsAreDividedByWhatTheyAreOf() throws {
    func means(_ key: RecordKey, _ metadata: [String: String]) throws -> Double {
      var builder = RecordBuilder()
      builder.metadata.merge(metadata) { $1 }
      builder.add("w", shape: [1, 2], [.final: [1, 2], .g2: [8, 8], .gw2: [8, 8]])
      let target = MatchTarget(name: "x", shape: [1, 2], values: FloatValues([1, 2]))
      let (values, match) = try match(builder, target)
      return try values.means(key, of: match, count: 2)[0]
    }
    let counts = ["samples": "16", "steps": "4"]
    #expect(try means(.g2, counts) == 2)
    #expect(try means(.g2, counts.merging(["g2_per": "batch"]) { $1 }) == 2)
    #expect(try means(.g2, counts.merging(["g2_per": "sample"]) { $1 }) == 0.5)
    #expect(try means(.gw2, counts) == 2)
    #expect(try means(.g2, [:]) == 8)
    #expect(try means(.g2, ["steps": "0"]) == 8)
    for wrong in [["g2_per": "epoch"], ["samples": "many"], ["steps": "-3"], ["steps": "1e3"]] {
      #expect(throws: DiagnosticMessage.self) { try means(.g2, wrong) }
    }
  }
}
