import CoppiceIR
import CoppiceRecords
import Testing

@Suite struct MovementScoresTests {
  @Test func bothFormsGiveTheReferenceScores() throws {
    let record = try HandMadeRecord.record()
    #expect(
      try MovementScores(record, form: .gradient).scores(ofParameter: 0).array
        == HandMadeRecord.gradient)
    #expect(
      try MovementScores(record, form: .midpoint).scores(ofParameter: 0).array
        == HandMadeRecord.midpoint)
  }

  @Test func foldedScalesChangeOnlyTheMidpointForm() throws {
    let record = try HandMadeRecord.record()
    let factors: [Float] = [2, 0.5, -4]
    let folded = HandMadeRecord.last.enumerated().map { $1 * factors[$0 / 4] }
    let target = MatchTarget(
      name: "onnx::Conv_1", shape: [3, 1, 2, 2], values: FloatValues(folded))
    let match = try #require(try RecordMatcher(record).match([target]).first)
    #expect(match.owners.first?.scale?.factors == factors)
    #expect(
      try MovementScores(record, form: .gradient).scores(of: match, count: 12).array
        == HandMadeRecord.gradient)
    let squares: [Float] = [4, 0.25, 16]
    #expect(
      try MovementScores(record, form: .midpoint).scores(of: match, count: 12).array
        == HandMadeRecord.midpoint.enumerated().map { $1 * squares[$0 / 4] })
  }

  @Test func gradientIsPreferredAndMidpointReplacesIt() throws {
    let record = try HandMadeRecord.record()
    #expect(try record.form(nil, for: [0]) == .gradient)
    #expect(try record.form(.midpoint, for: [0]) == .midpoint)
    var builder = RecordBuilder()
    builder.add(
      "w", shape: [3, 4], [.final: HandMadeRecord.last, .`init`: HandMadeRecord.first])
    #expect(try builder.build().form(nil, for: [0]) == .midpoint)
  }

  @Test func aMissingScoreNamesWhatIsThere() throws {
    var builder = RecordBuilder()
    builder.add("w", shape: [3, 4], [.final: HandMadeRecord.last, .g2: HandMadeRecord.first])
    let record = try builder.build()
    let error = #expect(throws: DiagnosticMessage.self) { try record.form(nil, for: [0]) }
    #expect(
      error?.text == "'built' has no 'mv' of 'w' and no 'init' of 'w' and no 'dww' of 'w';"
        + " what it can serve: magnitude, optimal brain damage")
  }
}
