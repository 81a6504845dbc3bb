import CoppiceIR
import CoppiceRecords
import Foundation
import Testing

private let sharedRecords = URL(filePath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().appending(path: "shared/models/records")

private let fixtures = URL(filePath: #filePath)
  .deletingLastPathComponent().appending(path: "Fixtures")

/// Weights as PyTorch's exporters wrote them, against records of training.
///
/// The record of each network belongs to the run that the dynamo exporter saw. The TorchScript
/// exporter's files come from another run of the same network, so they must be refused.
@Suite(
  .enabled(
    if: FileManager.default.fileExists(atPath: sharedRecords.path),
    "SKIPPED: ../shared/models/records is absent, so no exporter was tested"))
struct ExporterTests {
  static let owners: [String: [String: String]] = [
    "cnn_dynamo": [
      "fc.weight": "fc.weight", "conv1.weight": "conv1.weight", "dw.weight": "dw.weight",
      "val_27": "head3.weight",
    ],
    "rnn_dynamo": [
      "emb.weight": "emb.weight", "val_41": "lstm.weight_ih_l0", "val_42": "lstm.weight_hh_l0",
      "val_103": "gru.weight_ih_l0", "val_104": "gru.weight_hh_l0", "val_133": "out.weight",
    ],
  ]

  private func record(of model: String) throws -> TrainingRecord {
    try TrainingRecord(
      SafetensorsFile(
        path: sharedRecords.appending(path: "\(model.prefix(3)).prunerec.safetensors").path))
  }

  private func targets(of model: String) throws -> [MatchTarget] {
    let file = try SafetensorsFile(path: fixtures.appending(path: "\(model).safetensors").path)
    return try file.entries.map { entry in
      let role = file.metadata[entry.name]?.split(separator: " ").first
      return MatchTarget(
        name: entry.name, shape: entry.shape,
        values: try #require(FloatValues(file.constant(entry))),
        role: role == "lstm" ? .lstm : role == "gru" ? .gru : .plain)
    }
  }

  @Test(arguments: owners.keys.sorted())
  func everyWeightFindsItsOwner(_ model: String) throws {
    let (record, targets) = (try record(of: model), try targets(of: model))
    let matches = try RecordMatcher(record).match(targets)
    for match in matches {
      #expect(match.owners.count == 1)
      let owner = record.parameters[match.owners[0].parameter].name
      #expect(owner == Self.owners[model]?[targets[match.target].name])
    }
    #expect(matches.count == Self.owners[model]?.count)
  }

  @Test func foldedBatchNormalizationIsSeenThoughTheNameIsKept() throws {
    let (record, targets) = (try record(of: "cnn"), try targets(of: "cnn_dynamo"))
    for match in try RecordMatcher(record).match(targets) {
      let isFolded = ["conv1.weight", "dw.weight"].contains(targets[match.target].name)
      #expect((match.owners[0].scale != nil) == isFolded)
    }
  }

  @Test(arguments: ["cnn_torchscript", "rnn_torchscript"])
  func aRecordOfAnotherRunIsRefusedWeightByWeight(_ model: String) throws {
    let (record, targets) = (try record(of: model), try targets(of: model))
    let error = #expect(throws: DiagnosticMessage.self) {
      try RecordMatcher(record).match(targets)
    }
    #expect(error?.notes.count == targets.count)
    for (note, target) in zip(error?.notes ?? [], targets) {
      #expect(note.contains("'\(target.name)'") && note.contains("the nearest is"))
    }
  }
}
