import CoppiceTestSupport
import Testing

/// Models that `prune` writes are run, as the checker does not see everything.
@Suite struct WrittenModelTests {
  @Test(.enabled(if: Program.hasPython))
  func writtenModelsRun() throws {
    let folder = try TemporaryFolder()
    let script = Program.root + "/Tests/CLITests/written_models.py"
    let make = try Program.run([Program.python, script, "make", folder.path])
    #expect(make.status == 0, "\(make.errors)")
    let models = folder.names().filter { $0.hasSuffix(".onnx") }
    #expect(models.count == 6)
    for model in models {
      let pruned = model.dropLast(5) + ".pruned"
      let words = ["prune", model, "-o", String(pruned), "--passes", "@default"]
      let outcome = try Program.coppice(words, in: folder.path)
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
    let check = try Program.run([Program.python, script, "check", folder.path])
    #expect(check.status == 0, "\(check.errors)")
  }

  @Test func aSurplusEmptyOutputIsNoFault() throws {
    let folder = try TemporaryFolder()
    try folder.write(Onnx.oneNode(Onnx.node("Relu", ["x"], ["y", ""])))
    let words = ["compile", "model.onnx", "-o", "out", "--name", "net", "--verify-each"]
    let outcome = try Program.coppice(words, in: folder.path)
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  /// Nobody makes folders there: not permitted, or a file system that is only read.
  @Test func aFolderThatMayNotBeMadeIsNotCalledMissing() throws {
    let folder = try TemporaryFolder()
    try folder.write(Models.relu)
    let words = ["compile", "model.onnx", "-o", "/sys/coppice-out", "--name", "net"]
    let outcome = try Program.coppice(words, in: folder.path)
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("cannot write '/sys/coppice-out'"), "\(outcome.errors)")
    #expect(!outcome.errors.contains("No such file"), "\(outcome.errors)")
  }
}
