import CoppiceC
import CoppiceIR
import CoppiceLowering
import Testing

/// What the generated C promises, on programs that hold every operation of loop IR.
struct PromiseTests {
  /// All operations of a type, each as a model of its own, with vectors from the interpreter.
  private func models(
    _ element: ElementType, _ weights: WeightsPlacement = .inline
  ) throws -> [(name: String, generated: GeneratedModel)] {
    try operations(element).map { operation in
      let name = "m_\(element.rawValue)_\(operation.name)"
      let sample = SampleProgram(element, operation.name, operation.body)
      let outputs = try Interpreter.run(sample.model.program, inputs: sample.inputs)
      let options = GenerationOptions(
        name: name, weights: weights, modelHash: "00", pipeline: "x", toolVersion: "0",
        vectors: [TestVector(inputs: sample.inputs, outputs: outputs)], tolerance: 1e-6)
      return (name, generate(sample.model, options))
    }
  }

  @Test(arguments: computable) func compilesWithoutWarnings(_ element: ElementType) throws {
    let models = try models(element)
    let workshop = try Workshop(models.map(\.generated))
    var sources = models.flatMap { ["#include \"\($0.name).c\""] }
    sources += models.map { "int \($0.name)_present(void);" }
    sources += models.map { "int \($0.name)_present(void) { return 0; }" }
    try workshop.write(sources.joined(separator: "\n") + "\n", "all.c")
    for compiler in compilers {
      try workshop.expectCompiles(compiler, strict, ["all.c", "\(models[0].name)_selftest.c"])
    }
  }

  @Test(arguments: computable) func answersAreTheInterpreters(_ element: ElementType) throws {
    let models = try models(element)
    let workshop = try Workshop(models.map(\.generated))
    var lines = ["#include <stdio.h>"]
    for model in models { lines.append("#include \"\(model.name).h\"") }
    lines.append("int main(void)\n{\n    int s, bad = 0;")
    for model in models {
      lines.append(
        "    s = \(model.name)_selftest(); if (s) { printf(\"\(model.name) %d\\n\", s); bad = 1; }")
    }
    lines.append("    return bad;\n}")
    try workshop.write(lines.joined(separator: "\n") + "\n", "main.c")
    let files = models.flatMap { ["\($0.name).c", "\($0.name)_selftest.c"] }
    let sanitize = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g0"]
    let build = try workshop.run(
      ["gcc", "-std=c99", "-O1"] + sanitize + files + ["main.c", "-lm", "-o", "all"])
    #expect(build.status == 0, "\(build.output)")
    let result = try workshop.run(["./all"])
    #expect(result.status == 0, "\(result.output)")
  }

  @Test(arguments: WeightsPlacement.allCases) func selfTestPasses(
    _ weights: WeightsPlacement
  ) throws {
    let model = try #require(try models(.float32, weights).first)
    let workshop = try Workshop([model.generated])
    var files = ["\(model.name).c", "\(model.name)_selftest.c"]
    if weights == .split { files.append("\(model.name)_weights.c") }
    for compiler in compilers {
      let macro = "-D\(model.name.uppercased())_SELFTEST_MAIN"
      try workshop.expectCompiles(compiler, strict + [macro], files)
      let build = try workshop.run([compiler, "-std=c99", macro] + files + ["-lm", "-o", "test"])
      #expect(build.status == 0, "\(build.output)")
      let arguments = weights == .blob ? ["./test", "\(model.name)_weights.bin"] : ["./test"]
      let result = try workshop.run(arguments)
      #expect(result.status == 0 && result.output.contains("pass"), "\(result.output)")
    }
  }

  @Test func weightsOfAnotherBuildAreRefused() throws {
    let models = try models(.float32, .blob)
    let (one, other) = (models[0], try self.models(.float64, .blob)[0])
    let workshop = try Workshop([one.generated, other.generated])
    let build = try workshop.run([
      "gcc", "-std=c99", "-D\(one.name.uppercased())_SELFTEST_MAIN", "\(one.name).c",
      "\(one.name)_selftest.c", "-lm", "-o", "test",
    ])
    #expect(build.status == 0, "\(build.output)")
    let result = try workshop.run(["./test", "\(other.name)_weights.bin"])
    #expect(result.output.contains("(4)"), "\(result.output)")
  }

  @Test func sameBytesEveryTime() throws {
    let first = try models(.int16, .blob).flatMap(\.generated.files)
    let second = try models(.int16, .blob).flatMap(\.generated.files)
    #expect(first.map(\.pieces) == second.map(\.pieces))
  }
}
