import CoppiceC
import CoppiceIR
import CoppiceLowering
import Testing

/// What a reader of the generated C finds: layers by name, one brace style, hooks for a profiler.
struct GeneratedTextTests {
  /// Names that would end a comment or a string, begin one, or continue a line.
  private static let hostile = [
    "a*/b", "/*", "*", "/", "\"", "%s\\", "??/", "line\nbreak", "ünï", "trail*", "/lead", "",
  ]

  /// Steps that all run the same kernel, each under a name of its own, and one that divides.
  private func model(_ names: [String]) -> LoweredModel {
    let type = TensorType(.float32, [2, 4])
    var program = Program(inputs: [("x", type)], outputs: [("y", type)])
    var last = program.addBuffer(.float32, 8, .input(0), name: "x")
    for (number, name) in names.enumerated() {
      let isLast = number == names.count - 1
      let next = program.addBuffer(.float32, 8, isLast ? .output(0) : .arena, name: "v\(number)")
      let builder = SampleProgram.builder()
      builder.loop("i", 8) { i in
        let value = Expr.load(last, i, lanes: 1)
        builder.emit(.store(next, i, .binary(.min, value * value, .load(last, i, lanes: 1))))
      }
      let kernel = Kernel(title: "square", variants: [.init(body: builder.takeStatements())])
      program.steps.append(
        .init(
          kernel: kernel, nodes: [name], macs: (8 + number, 8 + number),
          shapes: ([[2, 4], [number, 3]], [4, 2])))
      last = next
    }
    return LoweredModel(program: program, plan: MemoryPlan(program, alignment: 16))
  }

  private func source(_ generated: GeneratedModel, _ ending: String = ".c") throws -> String {
    try #require(generated.files.first { $0.name == "m" + ending }).text
  }

  @Test func kernelsNameLayersShapesAndMACs() throws {
    let names = (0..<9).map { "layer\($0)" }
    let text = try source(generate(model(names), GenerationOptions(name: "m")))
    for number in 0..<6 {
      let line = " * 'layer\(number)': 2x4, \(number)x3 -> 4x2, \(8 + number) MACs\n"
      #expect(text.contains(line), "\(line)")
    }
    #expect(!text.contains("'layer6':") && text.contains(" * and 3 more\n"))
    let one = try source(generate(model(["only"]), GenerationOptions(name: "m")))
    #expect(one.contains("/* square 'only': 2x4, 0x3 -> 4x2, 8 MACs */\n"))
  }

  @Test func hostileNamesStayInCommentsAndStrings() throws {
    let workshop = try Workshop([generate(model(Self.hostile), GenerationOptions(name: "m"))])
    try workshop.write(
      """
      #include <stdio.h>
      #include "m.h"
      static const char *const names[] = M_STEP_NAMES;
      int main(void)
      {
          if (sizeof names / sizeof names[0] != M_STEPS) return 1;
          for (unsigned i = 0; i < M_STEPS; ++i) puts(names[i]);
          return 0;
      }

      """, "main.c")
    for compiler in compilers {
      try workshop.expectCompiles(compiler, strict, ["m.c", "main.c"])
      #expect(try workshop.run([compiler, "-std=c99", "main.c", "-o", "names"]).status == 0)
      let lines = try workshop.run(["./names"]).output.split(separator: "\n")
      #expect(lines.count == Self.hostile.count && lines.allSatisfy { $0.hasPrefix("square '") })
    }
  }

  @Test func theHookSeesEveryStepInOrder() throws {
    let workshop = try Workshop([generate(model(["a", "b", "c"]), GenerationOptions(name: "m"))])
    try workshop.write("void record(int step);\n#define M_PROFILE(step) record(step)\n", "hook.h")
    try workshop.write(
      """
      #include <stdio.h>
      #include "hook.h"
      #include "m.h"
      void record(int step) { printf("%d ", step); }
      int main(void)
      {
          static _Alignas(16) unsigned char arena[M_ARENA_BYTES];
          static float x[8], y[8];
          return m_run(arena, x, y);
      }

      """, "main.c")
    for compiler in compilers {
      try workshop.expectCompiles(compiler, strict + ["-include", "hook.h"], ["m.c"])
      let build = try workshop.run([compiler, "main.c", "m.c.o", "-o", "test"])
      #expect(build.status == 0, "\(build.output)")
      #expect(try workshop.run(["./test"]).output == "0 1 2 3 ")
    }
  }

  @Test func theHookCostsNothingWhenItIsOff() throws {
    let generated = generate(model(["a", "b"]), GenerationOptions(name: "m"))
    let workshop = try Workshop([generated])
    let lines = try source(generated).split(separator: "\n", omittingEmptySubsequences: false)
    let calls = lines.filter { $0.hasPrefix("    M_PROFILE(") }
    #expect(calls.count == 3)
    let bare = lines.filter { !$0.hasPrefix("    M_PROFILE(") }.joined(separator: "\n")
    for (file, text) in [("with", lines.joined(separator: "\n")), ("without", bare)] {
      _ = try workshop.run(["mkdir", file])
      try workshop.write(text, "\(file)/m.c")
      for level in ["-O0", "-O2"] {
        let words = ["gcc", level, "-I", ".", "-c", "\(file)/m.c", "-o", "\(file)\(level).o"]
        #expect(try workshop.run(words).status == 0)
      }
    }
    #expect(try workshop.run(["cmp", "with-O0.o", "without-O0.o"]).status == 0)
    #expect(try workshop.run(["cmp", "with-O2.o", "without-O2.o"]).status == 0)
  }

  @Test(arguments: Target.allCases) func vectorUnitsAreTheTargetsOwn(_ target: Target) throws {
    let sample = SampleProgram(.float32, "div", { $0 / $1 })
    let text = try source(generate(sample.model, GenerationOptions(name: "m", target: target)))
    #expect(text.contains("__AVX") == (target == .x86))
    #expect(!text.contains("__SSE2__") && !text.contains("__ARM_NEON"))
  }

  /// Two vectors, one of them times two numbers.
  private func products() -> LoweredModel {
    let type = TensorType(.float32, [48])
    var program = Program(inputs: [("x", type)], outputs: [("y", type)])
    let x = program.addBuffer(.float32, 48, .input(0), name: "x")
    let y = program.addBuffer(.float32, 48, .output(0), name: "y")
    let builder = SampleProgram.builder()
    let zero = Expr.number(0, .float32).splatted(16)
    let sums = (0..<3).map { _ in builder.declare("a", zero) }
    builder.loop("k", 32) { k in
      let weight = builder.define("w", .load(x, k, lanes: 1)).splatted(16)
      let often = builder.define("often", .load(x, k, lanes: 16))
      let once = builder.define("once", .load(x, k + 1, lanes: 16))
      builder.accumulate(sums[0], often * weight)
      builder.accumulate(sums[1], builder.define("v", .load(x, k + 2, lanes: 16)) * often)
      builder.accumulate(sums[2], once * weight)
    }
    for (number, sum) in sums.enumerated() {
      builder.emit(.store(y, .integer(number * 16), .variable(sum)))
    }
    let vectors = Kernel.Variant(vectorBytes: 64, body: builder.takeStatements())
    builder.loop("i", 48) { builder.emit(.store(y, $0, .load(x, $0, lanes: 1))) }
    let kernel = Kernel(
      title: "products", variants: [vectors, .init(body: builder.takeStatements())])
    program.steps.append(.init(kernel: kernel, nodes: ["products"]))
    return LoweredModel(program: program, plan: MemoryPlan(program, alignment: 16))
  }

  @Test func aVectorOfSeveralProductsIsLoadedOnce() throws {
    let generated = generate(products(), GenerationOptions(name: "m", target: .x86))
    let text = try source(generated)
    #expect(text.contains(" M_KEEP(often);") && !text.contains("M_KEEP(once)"))
    let workshop = try Workshop([generated])
    for compiler in compilers {
      for flags in [["-mavx512f"], ["-mavx"], ["-mavx512f", "-DCOPPICE_PORTABLE"], []] {
        try workshop.expectCompiles(compiler, strict + flags, ["m.c"])
      }
    }
  }

  @Test func bracesOfFunctionsStandAlone() throws {
    for element in computable {
      for operation in operations(element) {
        let sample = SampleProgram(element, operation.name, operation.body)
        let text = try source(generate(sample.model, GenerationOptions(name: "m")))
        for line in text.split(separator: "\n") where line.contains("{") {
          let isOwnLine = line == "{"
          let isTable = line.hasSuffix("= {")
          let isIndented = line.hasPrefix("    ") && !line.drop { $0 == " " }.hasPrefix("{")
          #expect(isOwnLine || isTable || isIndented, "\(line)")
        }
        #expect(!text.contains("\n\n\n") && !text.contains(" \n"))
      }
    }
  }
}
