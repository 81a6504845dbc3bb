import CoppiceIR
import CoppiceRecords
import Testing

@Suite struct TrainingRecordTests {
  private func error(_ change: (inout RecordBuilder) -> Void) -> DiagnosticMessage? {
    var builder = RecordBuilder()
    builder.add("w", shape: [2, 2], [.final: [1, 2, 3, 4], .mv: [1, 2, 3, 4]])
    change(&builder)
    do {
      _ = try builder.build()
      return nil
    } catch let error as DiagnosticMessage { return error } catch { return nil }
  }

  @Test func theFormatAndTheFinalWeightsAreRequired() {
    #expect(error { _ in } == nil)
    #expect(error { $0.metadata["format"] = nil }?.text.contains("no 'format'") == true)
    #expect(error { $0.metadata["format"] = "prunerec/9" }?.text.contains("prunerec/9") == true)
    #expect(error { $0.parameters.append("b") }?.text.contains("'b/final'") == true)
    #expect(
      error { $0.tensors.append(("w/g1", [4], [1, 2, 3, 4])) }?.text.contains("'w/g1'") == true)
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func numbersThatAreNotFiniteAreRefusedByNameAndPlace(_ value: Float) {
    let error = error { $0.tensors.append(("w/g1", [2, 2], [1, 2, value, 4])) }
    #expect(error?.id == "record-not-finite")
    #expect(error?.text.contains("'w/g1'") == true)
    #expect(error?.text.contains("[1, 0]") == true)
  }

  @Test func silenceAboutMasksIsANote() throws {
    var builder = RecordBuilder()
    builder.add("w", shape: [1], [.final: [1]])
    #expect(try builder.build().notes.isEmpty)
    #expect(try !builder.build().masksWereActive)
    builder.metadata["masks_active"] = nil
    #expect(try builder.build().notes.count == 1)
    builder.metadata["masks_active"] = "true"
    #expect(try builder.build().masksWereActive)
  }
}
