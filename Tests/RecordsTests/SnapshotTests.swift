import CoppiceIR
import CoppiceRecords
import Testing

/// Weights at some steps of a training, in a record or in a folder of files.
@Suite struct SnapshotTests {
  private func scores(_ record: TrainingRecord, _ form: MovementForm) throws -> [Float] {
    try MovementScores(record, form: form).scores(ofParameter: 0).array
  }

  private func record(_ change: (inout RecordBuilder) -> Void) throws -> TrainingRecord {
    var builder = RecordBuilder()
    builder.add("w", shape: [3, 4], [.final: HandMadeRecord.last])
    change(&builder)
    return try builder.build()
  }

  private func snap(_ step: Int, _ values: [Float]) -> (String, [Int], [Float]) {
    ("w/snap.\(step)", [3, 4], values)
  }

  /// Plain SGD: the sum of changes times weights is the rate times the gradient form, exactly.
  @Test func everyStepGivesTheGradientFormTimesTheRate() throws {
    let delta = HandMadeRecord.gradient.map { $0 * 0.5 }
    let record = try record {
      $0.tensors += [
        snap(9, HandMadeRecord.between[0]), snap(0, HandMadeRecord.first),
        snap(10, HandMadeRecord.between[1]),
      ]
    }
    #expect(try scores(record, .delta) == delta)
    #expect(try scores(record, .midpoint) == HandMadeRecord.midpoint)
    #expect(try record.form(nil, for: [0]) == .midpoint)
    #expect(record.coarsestStep([0]) == 9)
    let begun = try self.record {
      $0.metadata["steps"] = "3"
      $0.tensors += [
        snap(1, HandMadeRecord.between[0]), snap(2, HandMadeRecord.between[1]),
        ("w/init", [3, 4], HandMadeRecord.first),
      ]
    }
    #expect(try scores(begun, .delta) == delta)
    #expect(begun.coarsestStep([0]) == 1)
  }

  @Test func recordedChangesAreTakenBeforeSnapshots() throws {
    let record = try record {
      $0.tensors += [
        ("w/dww", [3, 4], HandMadeRecord.gradient), snap(0, HandMadeRecord.first),
        snap(50, HandMadeRecord.between[0]),
      ]
    }
    #expect(try scores(record, .delta) == HandMadeRecord.gradient)
    #expect(record.coarsestStep([0]) == nil)
    let alone = try self.record { $0.tensors.append(("w/dww", [3, 4], HandMadeRecord.gradient)) }
    #expect(try alone.form(nil, for: [0]) == .delta)
  }

  /// From two points only the midpoint form is right in sign.
  @Test func twoPointsGiveNoDeltas() throws {
    for step in [0, 7] {
      let record = try record { $0.tensors.append(snap(step, HandMadeRecord.first)) }
      #expect(try scores(record, .midpoint) == HandMadeRecord.midpoint)
      let error = #expect(throws: DiagnosticMessage.self) { try record.form(.delta, for: [0]) }
      #expect(error?.text.contains("has no 'dww' of 'w'") == true)
    }
  }

  @Test(arguments: ["w/snap.", "w/snap.-1", "w/snap.01", "w/snap.x"])
  func aSnapshotWithoutAStepIsRefused(_ name: String) {
    #expect(throws: DiagnosticMessage.self) {
      try record { $0.tensors.append((name, [3, 4], HandMadeRecord.first)) }
    }
  }

  @Test func aSnapshotThatIsNotFiniteOrOfAnotherShapeIsRefused() throws {
    var broken = HandMadeRecord.first
    broken[6] = .nan
    let error = #expect(throws: DiagnosticMessage.self) {
      try record { $0.tensors += [snap(0, HandMadeRecord.first), snap(3, broken)] }
    }
    #expect(error?.text.contains("'w/snap.3' has a NaN or infinity at [1, 2]") == true)
    #expect(throws: DiagnosticMessage.self) {
      try record { $0.tensors.append(("w/snap.0", [4, 3], HandMadeRecord.first)) }
    }
  }

  /// A file of weights in memory.
  private struct Weights: RecordTensors {
    let name = "file"
    let metadata: [String: String] = [:]
    var tensors: [String: Constant]
    var names: [String] { tensors.keys.sorted() }
    func tensor(_ name: String) -> Constant? { tensors[name] }
  }

  private func folder(_ files: [String: [Float]], lacking: String = "") throws -> TrainingRecord {
    let folder = try SnapshotFolder("run", files: files.keys.sorted() + ["notes.txt"]) {
      (file) throws(DiagnosticMessage) in
      var weights = Weights(tensors: ["count": Constant([Int64(5)], .int64, [])])
      if file != lacking {
        weights.tensors["a\"\\.w"] = Constant(files[file] ?? [], .float32, [3, 4])
      }
      return weights
    }
    return try TrainingRecord(folder)
  }

  @Test func aFolderIsReadInTheOrderOfItsSteps() throws {
    let record = try folder([
      "step_2.safetensors": HandMadeRecord.first, "step_0010.npz": HandMadeRecord.between[0],
      "v3.step12.npz": HandMadeRecord.between[1], "100.safetensors": HandMadeRecord.last,
    ])
    #expect(record.parameters.map(\.name) == ["a\"\\.w"])
    #expect(try scores(record, .delta) == HandMadeRecord.gradient.map { $0 * 0.5 })
    #expect(try scores(record, .midpoint) == HandMadeRecord.midpoint)
    #expect(record.coarsestStep([0]) == 88)
  }

  @Test func foldersThatAreNoTrainingAreRefused() throws {
    let (first, last) = (HandMadeRecord.first, HandMadeRecord.last)
    #expect(throws: DiagnosticMessage.self) { try folder(["step_1.npz": first]) }
    #expect(throws: DiagnosticMessage.self) { try folder(["a.npz": first, "step_1.npz": last]) }
    #expect(throws: DiagnosticMessage.self) { try folder(["a_1.npz": first, "b_01.npz": last]) }
    let error = #expect(throws: DiagnosticMessage.self) {
      try folder(["step_1.npz": first, "step_2.npz": last], lacking: "step_1.npz")
    }
    #expect(error?.id == "snapshots")
    #expect(error?.text.contains("of step 2 is not in step 1") == true)
  }
}
