import Coppice
import CoppiceIR
import CoppiceRecords
import CoppiceTestSupport
import Foundation
import Testing

/// A record may be a folder of the weights at some steps, as safetensors or npz.
@Suite struct SnapshotFolderTests {
  static let steps: [[Float]] = [
    [1, -1, 0.25, 2, -0.5, 0.5, 0, -2, 0.125, -0.25, 1.5, -1.5],
    [1.25, -0.75, 0.75, 1.75, -0.75, 0, -0.25, -2, -0.125, -0.375, 1.5, -2],
    [1.5, -0.75, 1, 1.5, -1, -0.5, 0, -2, -0.375, -0.25, 1.5, -2.25],
    [1.5, -0.5, 1.25, 1.25, -1.25, -1, -0.5, -2, -0.625, -0.375, 1.5, -2],
  ]

  let folder: TemporaryFolder
  let model: String

  init() throws {
    folder = try TemporaryFolder()
    model = try folder.write(
      Onnx.model(
        Onnx.graph(
          [Onnx.node("Gemm", ["x", "val_3"], ["y"], attributes: [Onnx.int("transB", 1)])],
          inputs: [Onnx.value("x", 1, [1, 4])], outputs: [Onnx.value("y", 1, [1, 3])],
          initializers: [Onnx.tensor("val_3", 1, [3, 4], raw: floats(Self.steps[3]))])))
  }

  private func mask(_ passes: String) throws -> (name: String, flags: [Int]) {
    var options = CompileOptions()
    options.passes = passes
    let masks = folder.path + "/masks.safetensors"
    _ = try Compiler(options).prune(model, to: folder.path + "/out.onnx", masks: masks)
    let file = try SafetensorsFile(path: masks)
    let entry = try #require(file.entries.first)
    return (entry.name, file.constant(entry).numbers.map { Int($0) })
  }

  @Test func safetensorsOfEveryStepGiveTheDeltaForm() throws {
    try FileManager.default.createDirectory(
      atPath: folder.path + "/run", withIntermediateDirectories: true)
    for (step, values) in Self.steps.enumerated() {
      var writer = SafetensorsWriter()
      try writer.add("fc.weight", shape: [3, 4], values)
      try writer.write(to: folder.path + "/run/step_\(step).safetensors")
    }
    let delta = try mask("prune-movement{record=\"\(folder.path)/run\",keep=0.5,form=delta}")
    #expect(delta.name == "fc.weight" && delta.flags == [1, 0, 1, 0, 1, 0, 0, 0, 1, 1, 0, 1])
    let midpoint = try mask("prune-movement{record=\"\(folder.path)/run\",keep=0.5}")
    #expect(midpoint.flags == [1, 0, 1, 0, 1, 1, 0, 0, 1, 0, 0, 1])
  }

  @Test(.enabled(if: Program.hasPython, "SKIPPED: no Python"))
  func arraysOfNumpyGiveTheDeltaForm() throws {
    let script = """
      import numpy
      for step, values in enumerate(\(Self.steps)):
          numpy.savez(f"step_{step:06}.npz", **{"fc.weight": numpy.float32(values).reshape(3, 4)})
      """
    let outcome = try Program.run([Program.python, "-c", script], in: folder.path)
    try #require(outcome.status == 0, "\(outcome.errors)")
    let delta = try mask("prune-movement{record=\"\(folder.path)\",keep=0.5,form=delta}")
    #expect(delta.name == "fc.weight" && delta.flags == [1, 0, 1, 0, 1, 0, 0, 0, 1, 1, 0, 1])
  }

  @Test func aFolderOfNothingIsRefused() throws {
    #expect(throws: Diagnostics.self) {
      try mask("prune-movement{record=\"\(folder.path)\",keep=0.5}")
    }
  }

  @Test func aMapIsReadFromItsFile() throws {
    var writer = SafetensorsWriter(
      metadata: ["format": "prunerec/1", "params": "{\"a\":{},\"b\":{}}"])
    for name in ["a", "b"] {
      try writer.add("\(name)/final", shape: [3, 4], Self.steps[3])
      try writer.add("\(name)/mv", shape: [3, 4], Self.steps[3].map { name == "a" ? $0 : -$0 })
    }
    try writer.write(to: folder.path + "/r.safetensors")
    try folder.write(#"{"val_3": "b"}"#, "map.json")
    let record = "record=\"\(folder.path)/r.safetensors\""
    #expect(throws: Diagnostics.self) { try mask("prune-movement{\(record),threshold=0}") }
    let mapped = try mask(
      "prune-movement{\(record),threshold=0,record-map=\"\(folder.path)/map.json\"}")
    #expect(mapped.name == "b" && mapped.flags == Self.steps[3].map { $0 < 0 ? 1 : 0 })
  }
}
