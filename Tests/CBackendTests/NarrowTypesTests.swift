import CoppiceC
@_spi(RawEditing) import CoppiceIR
import CoppiceLowering
import Testing

/// Elements that C has no type for: the same bits from the C, with and without help of the machine, as
/// from the interpreter.
struct NarrowTypesTests {
  private static let narrow: [ElementType] = [
    .float16, .bfloat16, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0,
    .float4e2m1, .int4, .uint4, .int2, .uint2,
  ]

  private struct Case {
    var name: String
    var graph: Graph
    var x: Constant

    init(_ name: String, _ ops: [(any Operator, ElementType)], _ x: Constant) {
      (self.name, self.x) = (name, x)
      graph = Graph(name: name)
      var value = graph.addInput("x", x.type)
      for (op, element) in ops {
        let shape = op is Transpose ? Array(x.type.shape.reversed()) : x.type.shape
        let node = graph.addNode(op, [value], types: [TensorType(element, shape)], name: op.name)
        value = graph[node].result ?? value
      }
      graph.setOutputs([value])
    }
  }

  private static func cast(_ element: ElementType, _ more: [String: Attribute] = [:]) -> Cast {
    let code = (1...26).first { ElementType(onnx: $0) == element } ?? 0
    return Cast(attributes: Attributes(more.merging(["to": .int(code)]) { $1 }))
  }

  /// Numbers around every border of the narrow types, of either sign, and what is no number.
  private static func wide(_ element: ElementType) -> Constant {
    var numbers: [Double] = [0, -0.0, .infinity, -.infinity, 0x1p-149, 0x1p-151, 1e30, -1e30]
    for narrow in Self.narrow {
      guard let format = NarrowFloat(narrow) else { continue }
      let step = max(Int(format.limit) / 19, 1)
      for code in stride(from: 0, through: Int(format.limit) - 1, by: step) {
        let low = Double(format.decoded(UInt16(code)))
        let high = Double(format.decoded(UInt16(min(code + 1, Int(format.limit) - 1))))
        let half = (low + high) / 2
        numbers += [low, half, half.nextUp, half.nextDown, -half, -low, -half.nextUp]
      }
    }
    numbers = numbers.filter { $0.magnitude < 1e38 || $0.isInfinite }
    if numbers.count % 2 == 0 { numbers.append(3) }
    return Constant(rounding: numbers + [.nan, -.nan], element, [1, numbers.count + 2])
  }

  /// Every code.
  private static func codes(_ element: ElementType) -> Constant {
    let count = 1 << element.bits
    if element.bits == 16 {
      return Constant((0..<4096).map { UInt16($0 * 16 + $0 % 16) }, element, [2, 2048])
    }
    if element.bits == 8 {
      return Constant((0..<count).map { UInt8($0) }, element, [2, count / 2])
    }
    let bytes = (0..<5).map { UInt8(truncatingIfNeeded: $0 * 83 + 27) }
    return Constant(TensorType(element, [5, 8 / element.bits]), .dense(Bytes(bytes)))
  }

  private static var cases: [Case] {
    var cases: [Case] = []
    for element in narrow {
      let name = element.shortName
      for wide in [ElementType.float32, .float64] {
        cases.append(Case("\(name)_from_\(wide)", [(cast(element), element)], Self.wide(wide)))
      }
      cases.append(Case("\(name)_codes", [(cast(.float64), .float64)], codes(element)))
      cases.append(Case("\(name)_moved", [(Transpose(), element)], codes(element)))
      for whole in [ElementType.int64, .uint32, .int16] {
        let numbers = Constant(rounding: (0..<41).map { Double($0 * 7 - 140) }, whole, [1, 41])
        cases.append(Case("\(name)_from_\(whole)", [(cast(element), element)], numbers))
      }
      cases.append(
        Case(
          "\(name)_loose", [(cast(element, ["saturate": .int(0)]), element)], Self.wide(.float32)))
      cases.append(
        Case("\(name)_halves", [(Neg(), .float16), (cast(element), element)], Self.wide(.float16)))
    }
    return cases
  }

  @Test(arguments: [[], ["-DCOPPICE_PORTABLE"], ["-mf16c", "-mavx2"]]) func sameBits(
    _ flags: [String]
  )
    throws
  {
    var models: [GeneratedModel] = []
    var main = Self.harness
    for item in Self.cases {
      let model = try lower(item.graph, for: .x86)
      models.append(generate(model, GenerationOptions(name: item.name)))
      let y = try Interpreter.run(model.program, inputs: [item.x.dense])[0]
      main += """
        #include "\(item.name).c"
        static void run_\(item.name)(void)
        {
            static const unsigned char x[] = {\(list(item.x.dense))};
            static const unsigned char wanted[] = {\(list(y))};
            memset(output, 0xAA, sizeof output);
            memcpy(input, x, sizeof x);
            int s = \(item.name)_run(memory, (const void *)input, (void *)output);
            for (size_t i = 0; i < sizeof wanted; ++i) {
                if (((unsigned char *)output)[i] != wanted[i]) {
                    printf("\(item.name): byte %d is %d, not %d\\n", (int)i, ((unsigned char *)output)[i], wanted[i]);
                    break;
                }
            }
            if (s) { printf("\(item.name): %d\\n", s); }
        }

        """
    }
    main += "int main(void)\n{\n"
    for item in Self.cases { main += "    run_\(item.name)();\n" }
    let workshop = try Workshop(models)
    try workshop.write(main + "    return 0;\n}\n", "main.c")
    for compiler in compilers {
      let build = [compiler] + strict + flags + ["-O1", "-fsanitize=undefined", "main.c", "-lm"]
      let (status, output) = try workshop.run(build + ["-o", "all"])
      #expect(status == 0 && output.isEmpty, "\(output)")
      let result = try workshop.run(["./all"])
      #expect(result.status == 0 && result.output.isEmpty, "\(compiler): \(result.output)")
    }
  }

  private func list(_ bytes: Bytes) -> String {
    bytes.array(of: UInt8.self).map(String.init).joined(separator: ",")
  }

  private static let harness = """
    #include <stdint.h>
    #include <stdio.h>
    #include <string.h>
    static double memory[1 << 15] __attribute__((aligned(64)));
    static double input[1 << 16], output[1 << 16];

    """

  @Test(arguments: [ElementType.float16, .bfloat16])
  func halvesTakeTheFormsOfFloats(_ element: ElementType) throws {
    for item in SparseCase.all
    where !(item.graph.allNodes.contains { item.graph[$0].op is Sigmoid }) {
      let half = item.rounded(to: element)
      let x = SparseCase.numbers(item.input.shape, 5).rounded(to: element)
      let wanted = try GraphEvaluator(half.graph).outputs([x])[0]
      for (target, widths) in [(Target.generic, [0]), (.x86, [32, 16, 0])] {
        for storage in [StorageKind.dense] + StorageKind.sparse {
          let title = "\(item.name) as \(storage) for \(target)"
          let model = try lower(half.stored(storage), for: target)
          let floats = try lower(item.stored(storage), for: target)
          let isPlain = { (model: LoweredModel) in
            model.forms.values.allSatisfy { $0.hasPrefix("plain") }
          }
          #expect(isPlain(model) == isPlain(floats), "\(title): \(model.forms)")
          for bytes in widths {
            let got = try Interpreter.run(model.program, inputs: [x.dense], vectorBytes: bytes)
            let numbers = Constant(wanted.type, .dense(got[0])).numbers
            let worst = zip(numbers, wanted.numbers).map { abs($0 - $1) }.max() ?? 0
            let largest = wanted.numbers.map(abs).max() ?? 0
            #expect(worst <= largest * 0x1p-7, "\(title), \(bytes): \(worst) of \(largest)")
          }
        }
      }
    }
  }

  /// Weights keep their bytes.
  @Test func halvesAreEmittedAsTheyAre() throws {
    let item = try #require(SparseCase.all.first { $0.name == "gemm_rows" }).rounded(to: .float16)
    let weight = try #require(item.graph.constant(item.weight))
    for target in [Target.generic, .x86, .cortexM4] {
      let program = try lower(item.graph, for: target).program
      let bytes = program.slots.filter { $0.source == item.weight }.reduce(0) { sum, slot in
        sum + slot.buffer.element.byteCount(slot.buffer.count)
      }
      #expect(bytes == weight.type.count * 2)
    }
  }
}
