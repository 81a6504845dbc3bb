@_spi(RawEditing) import CoppiceIR
import CoppiceTestSupport
import Testing

@Suite struct TextFormTests {
  static let sample = """
    graph @net(%x: f32[1,2,4,4], %"onnx::q": i8[2] quant(scale = [0.5, 0.1], zero = [0, -3], axis = 0)) \
    opset 17 source "net.onnx" {
      %w = constant [0.5, -2.0] : f32[1,2,1,1]
      %rows = constant index-rows {axis = 0, columns = 4, starts = [0, 1, 3], indices = [2, 0, 3]} \
    [1.0, inf, -0.0] : f32[2,4]
      %bits = constant bitmap {mask = hex "05"} [1, -2] : i16[4]
      %blocks = constant blocks {axis = 0, height = 2, width = 2, columns = 3, starts = [0, 1], \
    indices = [1]} [1, 0, 0, 0] : u16[2,3]
      %same = constant uniform [7.0] : f64[3]
      %nan = constant hex "0100c07f" : f32[1]
      %half = constant hex "003c" : f16[1]
      %y = Conv(%x, %w) {auto_pad = "a\\"b\\n", pads = [0, 0, 0, 0]} : f32[1,1,4,4] \
    loc("conv//1", 3, "FusedConv") trail("fuse-a", "fuse-b")
      %f = coppice.Fused() : f32[1,1,4,4] () {
        %r = Relu(%y) : f32[1,1,4,4]
        yield %r
      }
      %z, _ = Add(%f, _) {a = 1, b = 1.0, c = ints [], d = floats [], e = strings [], f = [1.5, nan], \
    g = ["x"], h = constant [1] : i64[1]} : f32[1,1,4,4], _
      return %z
    }

    """

  @Test func everyFormComesBackExactly() throws {
    let graph = try Graph(parsing: Self.sample)
    #expect(graph.text(.exact) == Self.sample)
    #expect(try Graph(parsing: graph.text(.exact)).text(.exact) == Self.sample)
  }

  @Test func historyAndElementsSurvive() throws {
    let graph = try Graph(parsing: Self.sample)
    let conv = graph[graph.nodes[0]]
    #expect(conv.name == "conv//1" && conv.origin == Origin(index: 3, type: "FusedConv"))
    #expect(conv.trail == ["fuse-a", "fuse-b"])
    #expect(conv.op.settings.string("auto_pad") == "a\"b\n")
    let rows = try #require(graph.constant(graph.constantValues[1]))
    #expect(rows.numbers == [0, 0, 1, 0, .infinity, 0, 0, 0])
    #expect(graph.opset == 17 && graph.source == "net.onnx")
  }

  @Test func typesMayBeLeftOut() throws {
    let graph = try Graph(
      parsing: """
        graph @g(%x: f32[1,2,4,4]) { // a comment
          %w = constant uniform [1.0] : f32[3,2,1,1]
          %y = Conv(%x, %w) {strides = [2, 2]}
          return %y
        }
        """)
    #expect(graph[graph.outputs[0]].type == TensorType(.float32, [1, 3, 2, 2]))
  }

  @Test func largeConstantsAreElidedForReading() throws {
    var graph = Graph(name: "g")
    let elements = (0..<1000).map(Float.init)
    let value = graph.addConstant(Constant(elements, .float32, [1000]), name: "w")
    graph.setOutputs([value])
    #expect(graph.description.utf8.count < 120)
    let error = try #require(throws: Diagnostic.self) { try Graph(parsing: graph.description) }
    #expect(error.message.id == "text-constant")
    let copy = try Graph(parsing: graph.text(.exact))
    #expect(copy.constant(copy.outputs[0])?.numbers.last == 999)
  }

  @Test(arguments: [
    ("graph g() {\n  return\n}", 1, 7, "text-syntax"),
    ("graph @g() {\n  return %y\n}", 2, 10, "text-name"),
    ("graph @g(%x: f32[2]) {\n  %x = Relu(%x)\n  return %x\n}", 2, 3, "text-name"),
    ("graph @g() {\n  %w = constant [1.0] : f32[2]\n  return %w\n}", 2, 8, "text-constant"),
    ("graph @g(%x: f32[2]) {\n  %y = Rellu(%x)\n  return %y\n}", 2, 8, "text-operator"),
    ("graph @g() {\n  %w = constant [1.5] : i8[1]\n  return %w\n}", 2, 8, "text-constant"),
    ("graph @g(%x: f32[9223372036854775807,4]) {\n  return\n}", 1, 14, "text-syntax"),
    ("graph @g(%x: f32[3], %y: f32[4]) {\n  %z = Add(%x, %y)\n return %z\n}", 2, 3, "broadcast"),
    ("graph @g() {\n  return\n} }", 3, 3, "text-syntax"),
    ("graph @g() {\n  ü", 2, 3, "text-syntax"),
  ])
  func errorsNameLineAndColumn(_ text: String, _ line: Int, _ column: Int, _ id: String) throws {
    let error = try #require(throws: Diagnostic.self) { try Graph(parsing: text, file: "t.ir") }
    #expect(error.location == .text(file: "t.ir", line: line, column: column))
    #expect(error.message.id == id)
  }

  @Test func deepNestingIsRefused() throws {
    let open = String(repeating: "coppice.Fused() () {", count: 100_000)
    let error = try #require(throws: Diagnostic.self) { try Graph(parsing: "graph @g() {" + open) }
    #expect(error.message.id == "text-syntax")
    let lists = String(repeating: "[", count: 100_000)
    #expect(throws: Diagnostic.self) {
      try Graph(parsing: "graph @g() { %y = Relu() {a = \(lists)")
    }
  }

  @Test func damagedTextsNeverTrap() {
    let marks = "%@(){}[],:=\"\\-9e_ \n/"
    for text in damagedTexts(Self.sample, rounds: 400, seed: 1, marks: marks) {
      if let graph = try? Graph(parsing: text) { _ = Verifier.check(graph) }
    }
  }
}
