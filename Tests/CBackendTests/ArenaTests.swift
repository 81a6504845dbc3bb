import CoppiceC
import CoppiceIR
import CoppiceLowering
import Foundation
import Testing

/// Derives again, from what was emitted alone, that no two values alive share a byte.
struct ArenaTests {
  private struct Manifest: Decodable {
    struct Place: Decodable {
      var name: String
      var offset: Int
      var bytes: Int
      var first: Int
      var last: Int
    }
    var arena_bytes: Int
    var arena_align: Int
    var arena_lower_bound: Int
    var arena: [Place]
  }

  /// Steps that each read some earlier values and write a new one, of many sizes.
  private func model(_ seed: UInt64) -> LoweredModel {
    var random = seed
    func next(_ limit: Int) -> Int {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(random >> 33) % limit
    }
    var program = Program(
      inputs: [("x", TensorType(.float32, [64]))], outputs: [("y", TensorType(.float32, [64]))])
    var values = [program.addBuffer(.float32, 64, .input(0), name: "x")]
    for step in 0..<24 {
      let isLast = step == 23
      let size = isLast ? 64 : 1 + next(300)
      let result = program.addBuffer(
        .float32, size, isLast ? .output(0) : .arena, name: "value\(step)")
      let reads = (0..<(1 + next(3))).map { _ in values[next(values.count)] }
      let builder = SampleProgram.builder()
      builder.loop("i", size) { i in
        let sum = reads.reduce(Expr.constant(1, .float32)) { sum, buffer in
          sum + .load(buffer, combine(.rem, i, .integer(buffer.count)), lanes: 1)
        }
        builder.emit(.store(result, i, sum * .constant(0.25, .float32)))
      }
      let kernel = Kernel(title: "sum", variants: [.init(body: builder.statements)])
      let reusable = reads.filter { $0.count == size }
      program.steps.append(.init(kernel: kernel, inPlace: [result: reusable]))
      values.append(result)
    }
    return LoweredModel(program: program, plan: MemoryPlan(program, alignment: 16))
  }

  @Test(arguments: 1...12) func emittedOffsetsDoNotOverlap(_ seed: UInt64) throws {
    let generated = generate(model(seed), GenerationOptions(name: "m"))
    let file = try #require(generated.files.first { $0.name == "m.json" })
    let manifest = try JSONDecoder().decode(Manifest.self, from: Data(file.text.utf8))
    let source = try #require(generated.files.first { $0.name == "m.c" }).text
    #expect(!manifest.arena.isEmpty)
    #expect(manifest.arena_lower_bound <= manifest.arena_bytes)
    for (index, a) in manifest.arena.enumerated() {
      #expect(source.contains("(mem + \(a.offset))"), "\(a.name) is not where the manifest says")
      #expect(a.offset % manifest.arena_align == 0)
      #expect(a.offset + a.bytes <= manifest.arena_bytes)
      for b in manifest.arena[(index + 1)...] {
        let bytesMeet = a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes
        let livesMeet = a.first <= b.last && b.first <= a.last
        let isInPlace =
          a.offset == b.offset && a.bytes == b.bytes && (a.last == b.first || b.last == a.first)
        #expect(!bytesMeet || !livesMeet || isInPlace, "\(a.name) and \(b.name) share bytes")
      }
    }
  }

  @Test(arguments: 1...4) func answersAreTheInterpretersAndStayInBounds(_ seed: UInt64) throws {
    let model = model(seed)
    let inputs = [Bytes((0..<64).map { Float($0) / 8 })]
    let outputs = try Interpreter.run(model.program, inputs: inputs)
    let options = GenerationOptions(
      name: "m", vectors: [TestVector(inputs: inputs, outputs: outputs)])
    let workshop = try Workshop([generate(model, options)])
    try workshop.write(guarded, "main.c")
    let build = try workshop.run([
      "gcc", "-std=c99", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "m.c",
      "m_selftest.c", "main.c", "-o", "test",
    ])
    #expect(build.status == 0, "\(build.output)")
    let result = try workshop.run(["./test"])
    #expect(result.status == 0, "\(result.output)")
  }

  /// Calls the model with guard bytes around every buffer.
  private var guarded: String {
    """
    #include <string.h>
    #include "m.h"
    typedef struct { unsigned char before[64]; float data[64]; unsigned char after[64]; } port;
    static struct {
        unsigned char before[64];
        unsigned char data[M_ARENA_BYTES + M_ARENA_ALIGN];
        unsigned char after[64];
    } arena;
    static port in, out;
    static int broken(const unsigned char *p)
    {
        int i;
        for (i = 0; i < 64; ++i) if (p[i] != 0xA5) return 1;
        return 0;
    }
    int main(void)
    {
        unsigned char *start;
        memset(&arena, 0xA5, sizeof arena);
        memset(&in, 0xA5, sizeof in);
        memset(&out, 0xA5, sizeof out);
        memset(in.data, 0, sizeof in.data);
        start = arena.data + (M_ARENA_ALIGN - (uintptr_t)arena.data % M_ARENA_ALIGN) % M_ARENA_ALIGN;
        if (m_run(start, in.data, out.data) != M_OK) return 1;
        if (broken(arena.before) || broken(arena.after)) return 2;
        if (broken(in.before) || broken(in.after) || broken(out.before) || broken(out.after)) return 3;
        if (m_run(NULL_POINTER, in.data, out.data) != M_ERROR_NULL) return 4;
        if (m_run(start + 1, in.data, out.data) != M_ERROR_ARENA_ALIGN) return 5;
        return m_selftest();
    }

    """.replacingOccurrences(of: "NULL_POINTER", with: "(void *)0")
  }
}
