import CoppiceTestSupport
import Testing

/// What Cast refuses.
@Suite struct CastTests {
  @Test func textsAreRefusedByName() throws {
    let folder = try TemporaryFolder()
    let node = Onnx.node("Cast", ["x"], ["y"], attributes: [Onnx.int("to", 8)])
    try folder.write(Onnx.oneNode(node))
    let words = ["compile", "model.onnx", "-o", "out", "--name", "net"]
    let outcome = try Program.coppice(words, in: folder.path)
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("error[text-operand]"), "\(outcome.errors)")
  }
}
