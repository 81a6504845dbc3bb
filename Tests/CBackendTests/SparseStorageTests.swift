import CoppiceC
@_spi(RawEditing) import CoppiceIR
import CoppiceLowering
import Testing

/// Every operator gives with a weight in every storage what it gives with the dense one.
struct SparseStorageTests {
  static let storages = StorageKind.sparse

  private func input(_ item: SparseCase) -> Bytes {
    SparseCase.numbers(item.input.shape, 5).dense
  }

  /// What plain loops over the dense weight give; in double precision nothing else is left.
  private func expected(_ item: SparseCase) throws -> [Float] {
    let model = try lower(item.graph, for: .generic)
    return try Interpreter.run(model.program, inputs: [input(item)])[0].array(of: Float.self)
  }

  private func expect(_ got: Bytes, _ wanted: [Float], _ title: String) {
    let got = got.array(of: Float.self)
    #expect(got.count == wanted.count, "\(title)")
    let largest = wanted.map(abs).max() ?? 0
    let worst = zip(got, wanted).map { abs($0 - $1) }.max() ?? 0
    #expect(worst <= largest * 1e-6, "\(title) differs by \(worst) of \(largest)")
  }

  @Test(arguments: storages) func interpretedAsDense(_ storage: StorageKind) throws {
    for item in SparseCase.all {
      let wanted = try expected(item)
      #expect(Set(wanted).count > 3, "\(item.name) says too little")
      for (target, widths) in [(Target.generic, [0]), (.x86, [64, 32, 16, 0])] {
        let model = try lower(item.stored(storage), for: target)
        for bytes in widths {
          let got = try Interpreter.run(model.program, inputs: [input(item)], vectorBytes: bytes)
          expect(got[0], wanted, "\(item.name) as \(storage) for \(target), \(bytes)")
        }
      }
    }
  }

  @Test func uniformAsDense() throws {
    for item in SparseCase.all where item.hasConvolution {
      var (dense, uniform) = (item, item)
      let type = item.graph[item.weight].type
      let values = Constant(Array(repeating: Float(3), count: type.count), .float32, type.shape)
      dense.graph.setConstant(item.weight, values, by: "test")
      let one = Constant(type, .uniform(values.dense.slice(0..<4)))
      uniform.graph.setConstant(item.weight, one, by: "test")
      let program = try lower(uniform.graph, for: .generic).program
      let got = try Interpreter.run(program, inputs: [input(item)])
      expect(got[0], try expected(dense), "\(item.name) as uniform")
      let isPlane = item.input.rank == 4
      #expect(program.steps.contains { $0.kernel.title == "uniform_conv" } == isPlane)
    }
  }

  @Test(arguments: storages) func packedIntoWhatIsPromised(_ storage: StorageKind) throws {
    for item in SparseCase.all {
      for target in [Target.generic, .x86] {
        let model = try lower(item.stored(storage), for: target)
        // Forms over planes have tables of their own: `planIsWhatIsEmitted`.
        if model.forms.values.contains(where: { $0.hasPrefix("sparse_planes") }) { continue }
        let sizes = model.program.slots.map { slot in
          if slot.source == item.weight, case .constant(let bytes) = slot.role {
            return bytes.count
          }
          return 0
        }
        #expect(sizes.reduce(0, +) == item.packedBytes(storage), "\(item.name) as \(storage)")
      }
    }
  }

  @Test(arguments: [Target.generic, .x86]) func compiledAsDense(_ target: Target) throws {
    var models: [GeneratedModel] = []
    var main = Self.harness
    for item in SparseCase.all {
      let wanted = try expected(item)
      main.append(array("x_\(item.name)", input(item).array(of: Float.self)))
      main.append(array("y_\(item.name)", wanted))
      for storage in Self.storages {
        let name = "m_\(item.name)_\(storage.rawValue.filter { $0.isLetter || $0.isNumber })"
        let options = GenerationOptions(name: name)
        models.append(generate(try lower(item.stored(storage), for: target), options))
        main.append("#include \"\(name).h\"")
        main.append("static void run_\(name)(void)\n{\n    static float y[\(wanted.count)];")
        main.append("    int s = \(name)_run(arena(\(name.uppercased())_ARENA_BYTES),")
        main.append("        x_\(item.name), y);\n    compare(\"\(name)\", s, y, y_\(item.name),")
        main.append("        \(wanted.count));\n}")
      }
    }
    let names = models.compactMap { $0.files.first { $0.name.hasSuffix(".c") }?.name }
    main.append("int main(void)\n{")
    main += names.map { "    run_\($0.dropLast(2))();" }
    main.append("    return bad;\n}\n")
    let workshop = try Workshop(models)
    try workshop.write(main.joined(separator: "\n"), "main.c")
    try run(names, workshop, target == .x86 ? "-march=native" : "")
  }

  private func array(_ name: String, _ values: [Float]) -> String {
    let list = values.map { "\($0)f" }.joined(separator: ",")
    return "static const float \(name)[] = {\(list)};"
  }

  /// Compiles the models in two halves at once and runs them.
  private func run(_ names: [String], _ workshop: Workshop, _ extra: String) throws {
    for half in 0..<2 {
      let own = names.enumerated().filter { $0.offset % 2 == half }.map(\.element)
      let text = own.map { "#include \"\($0)\"\n" }.joined()
      try workshop.write(text, "half\(half).c")
    }
    let flags = "\(strict.joined(separator: " ")) \(extra) -O1 -fsanitize=address,undefined"
    let script = """
      gcc \(flags) -fno-sanitize-recover=all -c half0.c & one=$!
      gcc \(flags) -fno-sanitize-recover=all -c half1.c && wait $one || exit 1
      gcc -fsanitize=address,undefined main.c half0.o half1.o -lm -o all && ./all
      """
    let result = try workshop.run(["sh", "-c", script])
    #expect(result.status == 0 && result.output.isEmpty, "\(result.output)")
    if compilers.contains("clang") {
      try workshop.expectCompiles("clang", strict, ["half0.c", "half1.c"])
    }
  }

  /// Memory between guards that the sanitizer knows, and the comparison.
  private static let harness = [
    """
    #include <math.h>
    #include <stdint.h>
    #include <stdio.h>
    #include <stdlib.h>
    static int bad;
    static void *arena(size_t bytes)
    {
        static void *last;
        free(last);
        last = malloc(bytes + 128);
        return (void *)(((uintptr_t)last + 127) & ~(uintptr_t)127);
    }
    static void compare(const char *name, int s, const float *y, const float *wanted, int count)
    {
        float most = 0;
        for (int i = 0; i < count; ++i) most = fmaxf(most, fabsf(wanted[i]));
        for (int i = 0; i < count; ++i)
            if (s != 0 || !(fabsf(y[i] - wanted[i]) <= 1e-6f * most)) {
                printf("%s: %d, element %d is %g, not %g\\n", name, s, i, y[i], wanted[i]);
                bad = 1;
                return;
            }
    }
    """
  ]
}
