import CoppiceTestSupport
import Testing

/// A file that must be refused, with what the refusal is called.
struct HostileFile: Sendable, CustomTestStringConvertible {
  let name: String
  let bytes: [UInt8]
  let id: String
  var testDescription: String { name }

  init(_ name: String, _ id: String, _ bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
    self.id = id
  }

  static let all = wire + structure + names + tensors + types + functions + loops + external

  private static let relu = Onnx.node("Relu", ["x"], ["y"])
  private static let good = Onnx.oneNode(relu)

  static let wire: [HostileFile] = [
    HostileFile("empty", "ir-version", []),
    HostileFile("a PNG", "onnx-wire", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    HostileFile("a text", "onnx-wire", Array("# not a model\nat all\n".utf8)),
    HostileFile("truncated", "onnx-wire", Array(good.dropLast(3))),
    HostileFile("cut in a tag", "onnx-wire", good + [0xba]),
    HostileFile("a number of eleven bytes", "onnx-wire", [8] + Array(repeating: 0xff, count: 11)),
    HostileFile("a length past the end", "onnx-wire", [0x3a, 0xff, 0xff, 0xff, 0xff, 0x7f]),
    HostileFile("a length of 2^63", "onnx-wire", [0x3a] + Array(repeating: 0xff, count: 9) + [1]),
    HostileFile("field 0", "onnx-wire", [0x02, 0x00]),
    HostileFile("a group", "onnx-wire", [0x3b, 0x3c]),
    HostileFile("wire type 7", "onnx-wire", [0x0f]),
    HostileFile("a number for a message", "onnx-wire", [0x38, 0x01]),
    HostileFile("a text for a number", "onnx-wire", [0x0a, 0x01, 0x41]),
    HostileFile("a zero byte in a name", "onnx-wire", Wire { $0.data(2, [65, 0, 66]) }.bytes),
    HostileFile("two graphs", "onnx-wire", good + Wire { $0.message(7, Wire()) }.bytes),
    HostileFile("our own field", "onnx-wire", nested(reservedField)),
    HostileFile("a million empty nodes", "too-many-nodes", million()),
    HostileFile("types nested thousands deep", "onnx-wire", deepType(5000)),
    HostileFile("graphs nested thousands deep", "onnx-wire", deepGraph(5000)),
    HostileFile("values twice", "onnx-wire", nested(twoPayloads)),
    HostileFile("a payload cut off", "onnx-wire", nested(Wire { $0.data(4, [1, 2, 3]) })),
  ]

  static let structure: [HostileFile] = [
    HostileFile("no graph", "no-graph", Wire { $0.int(1, 8) }.bytes),
    HostileFile("IR version 2", "ir-version", Onnx.oneNode(relu, ir: 2)),
    HostileFile("IR version 99", "ir-version", Onnx.oneNode(relu, ir: 99)),
    HostileFile("opset 0", "opset", Onnx.oneNode(relu, opset: 0)),
    HostileFile("opset 1000", "opset", Onnx.oneNode(relu, opset: 1000)),
    HostileFile(
      "no opset", "opset-missing",
      Wire { wire in
        wire.int(1, 8)
        wire.message(7, Onnx.graph([relu], inputs: [x], outputs: [y]))
      }.bytes),
    HostileFile(
      "no outputs", "no-outputs", Onnx.model(Onnx.graph([relu], inputs: [x], outputs: []))),
    HostileFile("unknown operator", "unsupported-operator", one("Nope", ["x"], ["y"])),
    HostileFile("too many operands", "operand-count", one("Relu", ["x", "x", "x"], ["y"])),
    HostileFile("too few operands", "missing-operand", one("Add", ["x"], ["y"])),
    HostileFile("too many results", "result-count", one("Relu", ["x"], ["y", "z"])),
    HostileFile(
      "an attribute twice", "duplicate-attribute",
      one("Transpose", ["x"], ["y"], [Onnx.ints("perm", [1, 0]), Onnx.ints("perm", [0, 1])])),
    HostileFile(
      "an unknown attribute", "unknown-attribute",
      one("Relu", ["x"], ["y"], [Onnx.int("slope", 1)])),
    HostileFile(
      "an attribute of another kind", "attribute-kind",
      one("Softmax", ["x"], ["y"], [Onnx.ints("axis", [1])])),
    HostileFile(
      "a mode that there is not", "attribute-value",
      one("ReduceSum", ["x"], ["y"], [Onnx.int("keepdims", 1 << 32)])),
    HostileFile(
      "an attribute of no kind", "attribute-kind",
      one("Relu", ["x"], ["y"], [Onnx.attribute("slope", kind: 77) { _ in }])),
    HostileFile("a Constant without value", "constant-node", one("Constant", [], ["y"])),
  ]

  static let names: [HostileFile] = [
    HostileFile("a missing input", "missing-input", one("Add", ["x", "ghost"], ["y"])),
    HostileFile("a missing output", "missing-output", one("Relu", ["x"], ["z"])),
    HostileFile("a node that reads itself", "cycle", one("Add", ["x", "y"], ["y"])),
    HostileFile(
      "a ring", "cycle",
      graph([
        Onnx.node("Add", ["x", "b"], ["a"]), Onnx.node("Relu", ["a"], ["b"]),
        Onnx.node("Relu", ["b"], ["y"]),
      ])),
    HostileFile(
      "a result twice", "duplicate-name",
      graph([Onnx.node("Relu", ["x"], ["y"]), Onnx.node("Abs", ["x"], ["y"])])),
    HostileFile(
      "an input twice", "duplicate-name",
      Onnx.model(Onnx.graph([relu], inputs: [x, x], outputs: [y]))),
    HostileFile(
      "a result named as an input", "duplicate-name",
      Onnx.model(
        Onnx.graph(
          [Onnx.node("Relu", ["x"], ["z"]), relu], inputs: [x, Onnx.value("z", 1, [1, 4])],
          outputs: [y]))),
    HostileFile("an initializer twice", "duplicate-name", weights([weight, weight])),
    HostileFile(
      "an initializer without name", "empty-name",
      weights([weight, Onnx.tensor("", 1, [1], raw: floats([1]))])),
  ]

  private static let x = Onnx.value("x", 1, [1, 4])
  private static let y = Onnx.value("y", 1, [1, 4])
  private static let weight = Onnx.tensor("w", 1, [4], raw: floats([1, 2, 3, 4]))

  private static func one(
    _ type: String, _ inputs: [String], _ outputs: [String], _ attributes: [Wire] = []
  ) -> [UInt8] {
    Onnx.oneNode(Onnx.node(type, inputs, outputs, attributes: attributes))
  }

  private static func graph(_ nodes: [Wire]) -> [UInt8] {
    Onnx.model(Onnx.graph(nodes, inputs: [x], outputs: [y]))
  }

  static func weights(_ tensors: [Wire]) -> [UInt8] {
    Onnx.oneNode(Onnx.node("Add", ["x", "w"], ["y"]), initializers: tensors)
  }

  private static func nested(_ tensor: Wire) -> [UInt8] { weights([tensor]) }

  private static let reservedField = Wire { wire in
    wire.text(8, "w")
    wire.message(536_870_001, Wire { $0.int(1, 9) })
  }

  private static let twoPayloads = Wire { wire in
    wire.data(9, Array(repeating: 0, count: 2048))
    wire.data(4, Array(repeating: 0, count: 2048))
  }

  private static func million() -> [UInt8] {
    let nodes = Array(repeating: [0x0a, 0x00] as [UInt8], count: 500_000).flatMap { $0 }
    return Onnx.model(Wire { $0.bytes = nodes })
  }

  private static func deepType(_ depth: Int) -> [UInt8] {
    var type = Wire()
    for _ in 0..<depth { type = Wire { inner in inner.message(4, Wire { $0.message(1, type) }) } }
    let input = Wire {
      $0.text(1, "x"); $0.message(2, type)
    }
    return Onnx.oneNode(relu, input: input)
  }

  private static func deepGraph(_ depth: Int) -> [UInt8] {
    var graph = Onnx.graph([relu], inputs: [], outputs: [y])
    for _ in 0..<depth {
      let branch = Onnx.attribute("then_branch", kind: 5) { $0.message(6, graph) }
      graph = Onnx.graph(
        [Onnx.node("If", ["c"], ["y"], attributes: [branch])], inputs: [], outputs: [y])
    }
    return Onnx.model(graph)
  }
}
