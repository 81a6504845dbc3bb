import CoppiceTestSupport

extension HostileFile {
  static let tensors: [HostileFile] = [
    HostileFile("too few bytes", "tensor-bytes", weight([4], raw: floats([1, 2]))),
    HostileFile("too many bytes", "tensor-bytes", weight([1], raw: floats([1, 2]))),
    HostileFile("no bytes", "tensor-bytes", weight([4], raw: nil)),
    HostileFile("a negative extent", "tensor-size", weight([-4], raw: floats([1]))),
    HostileFile("extents that overflow", "tensor-size", weight([1 << 62, 1 << 62], raw: [])),
    HostileFile(
      "extents that overflow to 0", "tensor-size",
      weight([1 << 32, 1 << 32], raw: [])),
    HostileFile("a terabyte", "tensor-size", weight([1 << 40], raw: [])),
    HostileFile(
      "element type 0", "tensor-type",
      weights([Onnx.tensor("w", 0, [1], raw: [0])])),
    HostileFile(
      "element type 999", "tensor-type",
      weights([Onnx.tensor("w", 999, [1], raw: [0])])),
    HostileFile(
      "a segment", "tensor-segment",
      weights([Onnx.tensor("w", 1, [1], raw: floats([1])) { $0.message(3, Wire { $0.int(1, 0) }) }])
    ),
    HostileFile("a sparse index outside", "sparse-tensor", sparse([4], [9])),
    HostileFile("a negative sparse index", "sparse-tensor", sparse([4], [-1])),
    HostileFile("a sparse terabyte", "tensor-size", sparse([1 << 20, 1 << 20], [1])),
    HostileFile("a sparse gigabyte", "sparse-tensor", sparse([1 << 28], [1])),
    HostileFile("more sparse indices than values", "sparse-tensor", sparse([4], [0, 1])),
    HostileFile("a sparse tensor without parts", "sparse-tensor", sparseWire(Wire())),
  ]

  static let types: [HostileFile] = [
    HostileFile("an input without type", "input-type", input(Wire { $0.text(1, "x") })),
    HostileFile("an input of type 99", "input-type", input(Onnx.value("x", 99, [1]))),
    HostileFile("an input without shape", "input-shape", input(Onnx.value("x", 1, nil))),
    HostileFile(
      "an input of a terabyte", "tensor-size",
      input(Onnx.value("x", 1, [1_048_576, 1_048_576]))),
    HostileFile(
      "an input that overflows", "tensor-size",
      input(Onnx.value("x", 1, [4_611_686_018_427_387_904, 4_611_686_018_427_387_904]))),
    HostileFile(
      "an unbound dimension", "dynamic-dimension",
      input(Onnx.value("x", 1, [1, "n"]))),
    HostileFile(
      "a sequence", "input-type",
      input(
        Wire { wire in
          wire.text(1, "x")
          wire.message(2, Wire { $0.message(4, Wire()) })
        })),
    HostileFile(
      "an output of another type", "output-type",
      Onnx.oneNode(Onnx.node("Relu", ["x"], ["y"]), output: Onnx.value("y", 7, [1, 4]))),
    HostileFile(
      "operands that do not broadcast", "broadcast",
      weights([Onnx.tensor("w", 1, [3], raw: floats([1, 2, 3]))])),
    HostileFile("a reshape to another size", "reshape-count", reshape([7, 7])),
    HostileFile("a reshape that overflows", "reshape-count", reshape([1 << 62, 1 << 62, -1])),
  ]

  static let functions: [HostileFile] = [
    HostileFile(
      "a function that calls itself", "function-recursion",
      call([Onnx.function("F", ["a"], ["b"], [Onnx.node("F", ["a"], ["b"], domain: "test")])])),
    HostileFile(
      "functions that call each other", "function-recursion",
      call([
        Onnx.function("F", ["a"], ["b"], [Onnx.node("G", ["a"], ["b"], domain: "test")]),
        Onnx.function("G", ["a"], ["b"], [Onnx.node("F", ["a"], ["b"], domain: "test")]),
      ])),
    HostileFile("functions that double thirty times", "too-many-nodes", call(doubling(30))),
    HostileFile(
      "a function twice", "duplicate-function",
      call([identity("F"), identity("F")])),
    HostileFile(
      "a function without its result", "function-output",
      call([Onnx.function("F", ["a"], ["b"], [Onnx.node("Relu", ["a"], ["c"])])])),
    HostileFile(
      "a call with too many operands", "function-arity",
      call([Onnx.function("F", [], ["b"], [])])),
  ]

  static let loops: [HostileFile] = [
    HostileFile("a loop of 10^12 turns", "loop-length", loop(1_000_000_000_000)),
    HostileFile(
      "a loop of 10^12 turns that carries nothing", "loop-length", idle(1_000_000_000_000)),
    HostileFile("a loop in a loop in a loop", "loop-length", idle(1000, depth: 3)),
    HostileFile("a loop that collects for a computed length", "loop-unknown", loop(nil)),
    HostileFile("a loop without turns or type", "loop-empty", idle(-1 << 63)),
    HostileFile("a scan of no operands", "scan-operands", scan(0)),
    HostileFile("a scan of more operands than there are", "scan-operands", scan(1 << 62)),
  ]

  static let external: [HostileFile] = [
    HostileFile("data outside by ..", "external-outside", outside("../secret")),
    HostileFile("data outside in the middle", "external-outside", outside("a/../../secret")),
    HostileFile("data at an absolute path", "external-outside", outside("/etc/passwd")),
    HostileFile("data that is not there", "external-missing", outside("missing.bin")),
    HostileFile("data without location", "external-location", outside("")),
    HostileFile("data that is the folder", "external-outside", outside(".")),
    HostileFile(
      "data past the end", "external-range",
      weights([Onnx.external("w", [4], [("location", "model.onnx"), ("offset", "1000000")])])),
    HostileFile(
      "data of a huge length", "external-range",
      weights([
        Onnx.external(
          "w", [4],
          [("location", "model.onnx"), ("length", "9223372036854775807"), ("offset", "9")])
      ])),
    HostileFile(
      "data at a negative offset", "external-number",
      weights([Onnx.external("w", [4], [("location", "model.onnx"), ("offset", "-1")])])),
    HostileFile(
      "data of another checksum", "external-checksum",
      weights([
        Onnx.external(
          "w", [4],
          [("location", "model.onnx"), ("checksum", String(repeating: "a1", count: 20))])
      ])),
    HostileFile(
      "a checksum that is none", "external-checksum",
      weights([Onnx.external("w", [4], [("location", "model.onnx"), ("checksum", "md5:12")])])),
    HostileFile(
      "data of too few bytes", "tensor-bytes",
      weights([Onnx.external("w", [4], [("location", "model.onnx"), ("length", "4")])])),
  ]

  /// Doubles `x` so many times, or, with all that comes between, as often as an input says.
  private static func loop(_ turns: Int?) -> [UInt8] {
    let body = Onnx.graph(
      [
        Onnx.node("Identity", ["c"], ["go"]), Onnx.node("Add", ["s", "s"], ["t"]),
        Onnx.node("Identity", ["t"], ["u"]),
      ],
      inputs: [Onnx.value("i", 7, []), Onnx.value("c", 9, []), Onnx.value("s", 1, [4])],
      outputs: [Onnx.value("go", 9, []), Onnx.value("t", 1, [4])]
        + (turns == nil ? [Onnx.value("u", 1, [4])] : []))
    let count = turns.map { Onnx.tensor("n", 7, [], raw: littleEndian(Int64($0))) }
    let attributes = [Onnx.attribute("body", kind: 5) { $0.message(6, body) }]
    return Onnx.model(
      Onnx.graph(
        [Onnx.node("Loop", ["n", "", "x"], ["y"], attributes: attributes)],
        inputs: [Onnx.value("x", 1, [4])] + (turns == nil ? [Onnx.value("n", 7, [])] : []),
        outputs: [Onnx.value("y", 1, [4])], initializers: count.map { [$0] } ?? []))
  }

  /// Loops inside loops that give the number of the turn.
  private static func idle(_ turns: Int, depth: Int = 1) -> [UInt8] {
    func loop(_ level: Int) -> Wire {
      let inner = level == 1 ? Onnx.node("Identity", ["i1"], ["o1"]) : loop(level - 1)
      let last = level == 1 ? "o1" : "r\(level - 1)"
      let body = Onnx.graph(
        [inner], inputs: [Onnx.value("i\(level)", 7, []), Onnx.value("c\(level)", 9, [])],
        outputs: [Onnx.value("c\(level)", 9, []), Onnx.value(last, 7, [])])
      return Onnx.node(
        "Loop", ["n", ""], ["r\(level)"],
        attributes: [Onnx.attribute("body", kind: 5) { $0.message(6, body) }])
    }
    return Onnx.model(
      Onnx.graph(
        [loop(depth), Onnx.node("Relu", ["x"], ["y"])], inputs: [Onnx.value("x", 1, [4])],
        outputs: [Onnx.value("y", 1, [4]), Onnx.value("r\(depth)", 7, nil)],
        initializers: [Onnx.tensor("n", 7, [], raw: littleEndian(Int64(turns)))]))
  }

  private static func scan(_ count: Int) -> [UInt8] {
    let body = Onnx.graph(
      [Onnx.node("Relu", ["s"], ["t"])], inputs: [Onnx.value("s", 1, [4])],
      outputs: [Onnx.value("t", 1, [4])])
    return Onnx.oneNode(
      Onnx.node(
        "Scan", ["x"], ["y"],
        attributes: [
          Onnx.attribute("body", kind: 5) { $0.message(6, body) },
          Onnx.int("num_scan_inputs", count),
        ]))
  }

  private static func weight(_ dims: [Int], raw: [UInt8]?) -> [UInt8] {
    weights([Onnx.tensor("w", 1, dims, raw: raw)])
  }

  private static func sparse(_ dims: [Int], _ indices: [Int]) -> [UInt8] {
    sparseWire(
      Wire { wire in
        wire.message(1, Onnx.tensor("w", 1, [1], raw: floats([1])))
        wire.message(2, Onnx.tensor("", 7, [indices.count]) { $0.packed(7, indices) })
        for dim in dims { wire.int(3, dim) }
      })
  }

  private static func sparseWire(_ sparse: Wire) -> [UInt8] {
    Onnx.model(
      Onnx.graph(
        [Onnx.node("Add", ["x", "w"], ["y"])], inputs: [Onnx.value("x", 1, [1, 4])],
        outputs: [Onnx.value("y", 1, [1, 4])]
      ) { $0.message(15, sparse) })
  }

  private static func input(_ input: Wire) -> [UInt8] {
    Onnx.oneNode(Onnx.node("Relu", ["x"], ["y"]), input: input)
  }

  private static func reshape(_ shape: [Int]) -> [UInt8] {
    let target = Onnx.tensor(
      "s", 7, [shape.count], raw: shape.flatMap { littleEndian(Int64($0)) })
    return Onnx.oneNode(Onnx.node("Reshape", ["x", "s"], ["y"]), initializers: [target])
  }

  private static func outside(_ location: String) -> [UInt8] {
    weights([Onnx.external("w", [4], [("location", location)])])
  }

  private static func call(_ functions: [Wire]) -> [UInt8] {
    let graph = Onnx.graph(
      [Onnx.node("F", ["x"], ["y"], domain: "test")], inputs: [Onnx.value("x", 1, [1, 4])],
      outputs: [Onnx.value("y", 1, [1, 4])])
    return Onnx.model(graph, domains: ["test"], functions: functions)
  }

  private static func identity(_ name: String) -> Wire {
    Onnx.function(name, ["a"], ["b"], [Onnx.node("Relu", ["a"], ["b"])])
  }

  private static func doubling(_ count: Int) -> [Wire] {
    (0..<count).map { level in
      let next = level == count - 1 ? "Relu" : "F\(level + 1)"
      let domain = level == count - 1 ? "" : "test"
      return Onnx.function(
        level == 0 ? "F" : "F\(level)", ["a"], ["b"],
        [
          Onnx.node(next, ["a"], ["m"], domain: domain),
          Onnx.node(next, ["m"], ["b"], domain: domain),
        ])
    }
  }
}
