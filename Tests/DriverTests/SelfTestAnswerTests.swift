import Coppice
import CoppiceIR
import CoppiceONNX
import CoppiceTestSupport
import Testing

/// Answers of self-tests are those of any machine.
@Suite struct SelfTestAnswerTests {
  /// A convolution and functions of `math.h`, whose last bits are each library's own.
  private static let model: [UInt8] = {
    let weights: [Float] = (0..<72).map { index in
      let step = Float(index * 37 % 101)
      return step / 101 - 0.5
    }
    let functions = [
      "Tanh", "Erf", "Sin", "Cos", "Atan", "Sinh", "Exp", "Log", "Pow", "Asinh", "Softplus",
    ]
    var nodes = [Onnx.node("Conv", ["x", "w"], ["c"]), Onnx.node("Abs", ["c"], ["a"])]
    var sums: [String] = []
    for function in functions {
      nodes.append(Onnx.node(function, function == "Pow" ? ["a", "a"] : ["a"], [function]))
      sums.append(function)
    }
    nodes.append(Onnx.node("Sum", sums, ["y"]))
    return Onnx.model(
      Onnx.graph(
        nodes, inputs: [Onnx.value("x", 1, [1, 2, 12, 12])],
        outputs: [Onnx.value("y", 1, [1, 4, 10, 10])],
        initializers: [Onnx.tensor("w", 1, [4, 2, 3, 3], raw: floats(weights))]))
  }()

  private func selfTest(_ budget: AnswerBudget) throws -> (text: String, manifest: String) {
    let folder = try TemporaryFolder()
    var compiler = Compiler()
    compiler.answerBudget = budget
    let compiled = try compiler.compile(try folder.write(Self.model))
    #expect(compiled.diagnostics.isEmpty, "\(compiled.diagnostics)")
    try compiled.write(to: folder.path + "/out")
    return (
      try folder.text("out/model_selftest.c"),
      try folder.text("out/model.json").filter { !$0.isWhitespace }
    )
  }

  /// The first vector of the text: larger models have no second.
  private func answers(_ text: String) -> Substring {
    text.split(separator: "v0_expected0[400] = {").last?.split(separator: "};").first ?? ""
  }

  @Test func theInterpreterAndTheHostAgreeInEachByte() throws {
    let interpreted = try selfTest(AnswerBudget())
    #expect(interpreted.manifest.contains("\"vectors\":2,\"answers\":\"interpreter\""))
    var budget = AnswerBudget()
    budget.work = 0
    let built = try selfTest(budget)
    #expect(built.manifest.contains("\"vectors\":1,\"answers\":\"host\""))
    #expect(answers(interpreted.text) == answers(built.text))
    #expect(answers(built.text).count > 2000)
  }

  @Test func whatTakesTooManyTurnsIsBuilt() throws {
    var budget = AnswerBudget()
    budget.work = 40_000
    let built = try selfTest(budget)
    #expect(built.manifest.contains("\"answers\":\"host\""))
  }

  @Test func whatTakesTooMuchMemoryHasNoAnswers() throws {
    let folder = try TemporaryFolder()
    var compiler = Compiler()
    compiler.answerBudget.interpretedBytes = 1000
    compiler.answerBudget.hostBytes = 1000
    let compiled = try compiler.compile(try folder.write(Self.model))
    #expect(compiled.diagnostics.map(\.message.id) == ["selftest-answers"])
  }

  /// The reason of `selftest-answers` is `selftest-memory`.
  @Test func aModelTooLargeToRunIsToldSo() throws {
    let folder = try TemporaryFolder()
    var compiler = Compiler()
    (compiler.answerBudget.work, compiler.answerBudget.hostBytes) = (0, 100)
    let compiled = try compiler.compile(try folder.write(Self.model))
    let notes = compiled.diagnostics.filter { $0.message.id == "selftest-answers" }
    #expect(notes.count == 1 && "\(notes)".contains("running it takes"), "\(compiled.diagnostics)")
  }
}
