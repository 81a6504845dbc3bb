import CoppiceC
@_spi(RawEditing) import CoppiceIR
import CoppiceLowering
import Testing

/// The loops of a form serve numbers of several types: what they give is what plain loops give.
struct ArithmeticTests {
  private static let targets = [
    (Target.generic, [0]), (.x86, [64, 32, 16, 0]), (.cortexM55, [16]),
  ]

  private func expectEqual(_ got: Bytes, _ wanted: Constant, _ title: String) {
    let got = Constant(wanted.type, .dense(got)).numbers
    let numbers = wanted.numbers
    let largest = numbers.map(abs).max() ?? 0
    let worst = zip(got, numbers).map { abs($0 - $1) }.max() ?? 0
    #expect(worst <= largest * 1e-14, "\(title) differs by \(worst) of \(largest)")
  }

  @Test(arguments: [StorageKind.dense] + StorageKind.sparse)
  func doublesTakeTheFormsOfFloats(_ storage: StorageKind) throws {
    for item in SparseCase.all {
      let double = item.rounded(to: .float64)
      let x = SparseCase.numbers(item.input.shape, 5).rounded(to: .float64)
      let wanted = try GraphEvaluator(double.graph).outputs([x])[0]
      for (target, widths) in Self.targets {
        let title = "\(item.name) as \(storage) for \(target)"
        let model = try lower(double.stored(storage), for: target)
        let floats = try lower(item.stored(storage), for: target)
        #expect(model.isPlain == floats.isPlain, "\(title): \(model.forms)")
        for bytes in widths {
          let got = try Interpreter.run(model.program, inputs: [x.dense], vectorBytes: bytes)
          expectEqual(got[0], wanted, "\(title), \(bytes)")
        }
      }
    }
  }

  @Test func uniformDoublesTakeTheFormOfFloats() throws {
    let item = try #require(SparseCase.all.first { $0.name == "window_8" })
    var double = item.rounded(to: .float64)
    let type = double.graph[double.weight].type
    let three = Bytes([3.0])
    double.graph.setConstant(double.weight, Constant(type, .uniform(three)), by: "test")
    let x = SparseCase.numbers(item.input.shape, 5).rounded(to: .float64)
    let model = try lower(double.graph, for: .generic)
    #expect(model.forms.values.contains("uniform_conv"))
    let got = try Interpreter.run(model.program, inputs: [x.dense])
    expectEqual(got[0], try GraphEvaluator(double.graph).outputs([x])[0], "uniform")
  }

  @Test func integersTakeTheFormsOfFloats() throws {
    for item in IntegerCase.all {
      let wanted = try GraphEvaluator(item.graph).outputs([item.x])[0]
      #expect(Set(wanted.numbers).count > 5, "\(item.name) says too little")
      for (target, _) in Self.targets {
        let model = try lower(item.graph, for: target)
        let form = try #require(model.program.steps.first?.kernel.title)
        let packed = target == .cortexM55 ? "\(item.form)_dot" : item.form
        #expect([item.form, packed].contains(form), "\(item.name) for \(target)")
        let got = try Interpreter.run(model.program, inputs: [item.x.dense], vectorBytes: 64)
        expectEqual(got[0], wanted, "\(item.name) for \(target)")
      }
    }
  }

  @Test func packedIntegersTakeTheirOwnForms() throws {
    var forms: Set<String> = []
    for item in IntegerCase.all + IntegerCase.sparse {
      let model = try lower(item.graph, for: .cortexM4)
      forms.formUnion(model.forms.values)
      let got = try Interpreter.run(model.program, inputs: [item.x.dense])
      expectEqual(got[0], try GraphEvaluator(item.graph).outputs([item.x])[0], item.name)
    }
    #expect(forms.isSuperset(of: ["conv_dot", "depthwise_dot", "sparse_pairs"]))
  }

  /// What forms do not know how to take off is left to the plain loops.
  @Test func unevenZeroPointsStayPlain() throws {
    var item = IntegerCase(
      "uneven", MatMulInteger(), x: ([4, 8], .uint8),
      others: [
        .numbers([8, 4], .int8, 3), Constant([UInt8(1), 2, 3, 4], .uint8, [4]),
      ], y: ([4, 4], .int32), form: "matmulinteger")
    for item in [item, item.with(operand: 3, Constant([Int8(2)], .int8, [1]))] {
      let model = try lower(item.graph, for: .generic)
      #expect(model.isPlain)
      let wanted = try GraphEvaluator(item.graph).outputs([item.x])[0]
      let got = try Interpreter.run(model.program, inputs: [item.x.dense])
      expectEqual(got[0], wanted, item.name)
    }
    item = item.with(operand: 2, Constant([UInt8(7)], .uint8, [1]))
    #expect(try !lower(item.graph, for: .generic).isPlain)
  }

  @Test(arguments: [Target.generic, .x86, .cortexM4]) func compiledAsInterpreted(_ target: Target)
    throws
  {
    let integers = IntegerCase.all + IntegerCase.sparse
    var cases = integers.map { ($0.name, $0.graph, $0.x) }
    for item in SparseCase.all where item.isExact {
      let x = SparseCase.numbers(item.input.shape, 5).rounded(to: .float64)
      for storage in [StorageKind.dense, .indexRows] {
        let graph = item.rounded(to: .float64).stored(storage)
        cases.append(("\(item.name)_\(storage.rawValue.prefix(5))", graph, x))
      }
    }
    var (models, main) = ([GeneratedModel](), Self.harness)
    for (name, graph, x) in cases {
      models.append(generate(try lower(graph, for: target), GenerationOptions(name: name)))
      let y = try GraphEvaluator(graph).outputs([x])[0]
      main += """
        #include "\(name).c"
        static void run_\(name)(void)
        {
            static const \(list("x", x))
            static const \(list("wanted", y))
            static \(cName(y.type.element)) y[\(y.type.count)];
            int s = \(name)_run(memory, x, y);
            if (s || memcmp(y, wanted, sizeof y)) { printf("\(name): %d\\n", s); bad = 1; }
        }

        """
    }
    main += "int main(void)\n{\n"
    for (name, _, _) in cases { main += "    run_\(name)();\n" }
    let workshop = try Workshop(models)
    try workshop.write(main + "    return bad;\n}\n", "main.c")
    let vectors = target == .x86 ? ["-march=native"] : []
    let flags = strict + vectors + ["-fsanitize=address,undefined", "main.c"]
    let (status, output) = try workshop.run(["gcc"] + flags + ["-lm", "-o", "all"])
    #expect(status == 0 && output.isEmpty, "\(output)")
    let result = try workshop.run(["./all"])
    #expect(result.status == 0 && result.output.isEmpty, "\(result.output)")
  }

  private func list(_ name: String, _ constant: Constant) -> String {
    let numbers = constant.numbers.map { constant.type.element.isFloat ? "\($0)" : "\(Int($0))" }
    return "\(cName(constant.type.element)) \(name)[] = {\(numbers.joined(separator: ","))};"
  }

  private static let harness = """
    #include <stdint.h>
    #include <stdio.h>
    #include <string.h>
    static int bad;
    static double memory[1 << 13] __attribute__((aligned(64)));

    """
}

extension LoweredModel {
  /// Whether all kernels are plain loops.
  fileprivate var isPlain: Bool { forms.values.allSatisfy { $0.hasPrefix("plain") } }
}

extension Constant {
  /// Whole numbers of an 8-bit type.
  fileprivate static func numbers(
    _ shape: [Int], _ element: ElementType, _ seed: Int
  ) -> Constant {
    let values = (0..<shape.reduce(1, *)).map { ($0 &* 7919 &+ seed &* 104_729) % 251 }
    return element == .int8
      ? Constant(values.map { Int8($0 - 125) }, .int8, shape)
      : Constant(values.map { UInt8($0) }, .uint8, shape)
  }
}

extension SparseCase {
  /// Whether everything is whole numbers.
  fileprivate var isExact: Bool {
    graph.allNodes.allSatisfy {
      let op = graph[$0].op
      return op is Conv || op is Gemm || op is MatMul || op is Relu
    }
  }
}

/// A graph of one quantized operator with a constant weight.
private struct IntegerCase {
  var name: String
  var op: any Operator
  var x: Constant
  var others: [Constant?]
  var y: TensorType
  /// The kernel that computes it.
  var form: String

  init(
    _ name: String, _ op: any Operator, x: (shape: [Int], element: ElementType),
    others: [Constant?], y: (shape: [Int], element: ElementType), form: String
  ) {
    (self.name, self.op, self.others, self.form) = (name, op, others, form)
    self.x = .numbers(x.shape, x.element, 5)
    self.y = TensorType(y.element, y.shape)
  }

  /// The same with another operand.
  func with(operand: Int, _ constant: Constant) -> IntegerCase {
    var copy = self
    while copy.others.count < operand { copy.others.append(nil) }
    copy.others[operand - 1] = constant
    if operand == 3 { copy.others[1] = nil }
    return copy
  }

  var graph: Graph {
    var graph = Graph(name: "integers", source: "integers.onnx")
    let input = graph.addInput("x", x.type)
    let operands = others.enumerated().map { index, constant in
      constant.map { graph.addConstant($0, name: "c\(index)") }
    }
    let node = graph.addNode(op, [input] + operands, types: [y], name: name)
    graph.setOutputs(graph[node].result.map { [$0] } ?? [])
    return graph
  }

  /// The same with the weight's zeros left out, of which two in three are made.
  var sparse: IntegerCase {
    let weight = others[2] ?? x
    let numbers = weight.numbers.enumerated().map { Int8($1 * ($0 % 3 == 1 ? 1 : 0)) }
    var copy = with(
      operand: 3, Constant(weight.type, .dense(Bytes(numbers))).asBitmap())
    copy.others[1] = others[1]
    copy.name = "sparse_\(name)"
    return copy
  }

  /// The same with sums requantized by one multiplication, between bounds of its own.
  var fast: IntegerCase? {
    var attributes = op.attributes
    attributes["requantize"] = .string("fast")
    if op is QLinearConv { attributes["hi"] = .int(100) }
    var copy = self
    copy.name += "_fast"
    switch op {
    case is QLinearConv: copy.op = QLinearConv(attributes: attributes)
    case is QLinearMatMul: copy.op = QLinearMatMul(attributes: attributes)
    default: return nil
    }
    return copy
  }

  /// Quantized operators with their zero points and scales.
  static var all: [IntegerCase] { plain + plain.compactMap(\.fast) }

  /// Convolutions whose weights are stored as bitmaps.
  static var sparse: [IntegerCase] {
    all.filter { $0.name.hasPrefix("window") || $0.name.hasPrefix("pointwise") }.map(\.sparse)
  }

  private static var plain: [IntegerCase] {
    let around: Attribute = .ints([1, 1, 1, 1])
    func scales(_ count: Int) -> Constant {
      Constant((0..<count).map { Float($0 % 5 + 1) * 0.001 }, .float32, [count])
    }
    func one(_ value: Float) -> Constant { Constant([value], .float32, []) }
    func qlinear(_ w: [Int], bias: Bool = true) -> [Constant?] {
      [
        one(0.5), Constant([UInt8(93)], .uint8, []), .numbers(w, .int8, 3), scales(w[0]),
        Constant([Int8](repeating: 0, count: w[0]), .int8, [w[0]]), one(0.75),
        Constant([Int8(-9)], .int8, []),
        bias ? Constant((0..<w[0]).map { Int32($0 * 1000 - 3000) }, .int32, [w[0]]) : nil,
      ]
    }
    return [
      IntegerCase(
        "window", QLinearConv(attributes: ["pads": around, "strides": .ints([2, 1])]),
        x: ([2, 5, 7, 9], .uint8), others: qlinear([6, 5, 3, 3]), y: ([2, 6, 4, 9], .int8),
        form: "conv"),
      IntegerCase(
        "pointwise", QLinearConv(), x: ([1, 6, 4, 5], .uint8),
        others: qlinear([8, 6, 1, 1], bias: false), y: ([1, 8, 4, 5], .int8), form: "conv"),
      IntegerCase(
        "channels", QLinearConv(attributes: ["pads": around, "group": .int(6)]),
        x: ([1, 6, 5, 7], .uint8), others: qlinear([6, 1, 3, 3]), y: ([1, 6, 5, 7], .int8),
        form: "depthwise"),
      IntegerCase(
        "sums", ConvInteger(attributes: ["pads": around]), x: ([1, 3, 6, 6], .uint8),
        others: [.numbers([4, 3, 3, 3], .uint8, 3), Constant([UInt8(7)], .uint8, [])],
        y: ([1, 4, 6, 6], .int32), form: "conv"),
      IntegerCase(
        "rows", QLinearMatMul(), x: ([5, 30], .int8),
        others: [
          one(0.5), Constant([Int8(-128)], .int8, []), .numbers([30, 7], .int8, 3),
          Constant(scales(7).dense.array(of: Float.self), .float32, [7]),
          Constant([Int8](repeating: 0, count: 7), .int8, [7]), one(2),
          Constant([UInt8(120)], .uint8, []),
        ], y: ([5, 7], .uint8), form: "product"),
      IntegerCase(
        "batches", MatMulInteger(), x: ([2, 3, 16], .int8),
        others: [.numbers([16, 6], .int8, 3)], y: ([2, 3, 6], .int32), form: "product"),
    ]
  }
}
