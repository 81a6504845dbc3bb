@_spi(RawEditing) import CoppiceIR
import Testing

@Suite struct GraphEvaluatorTests {
  @Test func inputsHoldWhatTheGraphWasMadeFor() throws {
    var graph = try Graph(
      parsing: "graph @g(%x: i64[2]) {\n  %y = Neg(%x) : i64[2]\n  return %y\n}")
    graph.assume(InputAssumption(input: 0, accepted: [[3], [4, -1]], node: "y"))
    let right = Constant([3, -1] as [Int64], .int64, [2])
    #expect(try GraphEvaluator(graph).outputs([right])[0].numbers == [-3, 1])
    let wrong = Constant([3, 5] as [Int64], .int64, [2])
    let error = #expect(throws: Diagnostic.self) { try GraphEvaluator(graph).outputs([wrong]) }
    #expect(error?.message.id == "input-values")
  }

  private static let text = """
    graph @both(%x: f32[2], %b: bool[1]) {
      %two = constant [2.0] : f32[1]
      %d = Mul(%x, %two) : f32[2]
      %y = If(%b) : f32[2]
      () {
        %p = Add(%d, %x) : f32[2]
        yield %p
      }
      () {
        %n = Sub(%d, %x) : f32[2]
        yield %n
      }
      %z = Relu(%y) : f32[2]
      return %z, %y
    }
    """

  private func inputs(_ condition: Bool) -> [Constant] {
    [
      Constant([Float(1), -3], .float32, [2]), Constant([condition ? UInt8(1) : 0], .bool, [1]),
    ]
  }

  @Test(arguments: [(true, [3.0, -9.0]), (false, [1.0, -3.0])])
  func runsTheBranchThatTheConditionTakes(_ condition: Bool, _ expected: [Double]) throws {
    let graph = try Graph(parsing: Self.text)
    let outputs = try GraphEvaluator(graph).outputs(inputs(condition))
    #expect(outputs.map(\.numbers) == [expected.map { max($0, 0) }, expected])
  }

  @Test func givesInnerValuesOfFusedNodes() throws {
    var graph = try Graph(
      parsing: """
        graph @chain(%x: f32[2]) {
          %a = Neg(%x) : f32[2]
          %b = Exp(%a) : f32[2]
          %y = Relu(%a) : f32[2]
          %z = Neg(%y) : f32[2]
          return %z, %b
        }
        """)
    let tail = graph.nodes.filter { graph[$0].op is Relu || graph[$0].name == "z" }
    graph.fuse(tail, by: "test")
    let inner = graph.allNodes.first { graph[$0].op is Relu }
    let wanted = try #require(inner.flatMap { graph[$0].result })
    let input = Constant([Float(1), -3], .float32, [2])
    let found = try GraphEvaluator(graph).values([wanted] + graph.outputs, [input])
    #expect(found[0].numbers == [0, 3])
    #expect(found[1].numbers == [0, -3])
  }

  @Test func readingsChangeWhatANodeSees() throws {
    let graph = try Graph(parsing: Self.text)
    let evaluator = GraphEvaluator(graph) { id, operand, read in
      graph[id].op is Mul && operand == 1 ? Constant([Float(10)], .float32, [1]) : read
    }
    #expect(try evaluator.outputs(inputs(true))[1].numbers == [11, -33])
  }

  @Test func inputsThatDoNotFitAreRefused() throws {
    let graph = try Graph(parsing: Self.text)
    let wrong = [Constant([Float(1)], .float32, [1]), inputs(true)[1]]
    for inputs in [[], wrong] {
      let error = try #require(throws: Diagnostic.self) {
        try GraphEvaluator(graph).outputs(inputs)
      }
      #expect(error.message.id == "run-inputs")
    }
  }

  @Test func aFaultNamesItsNode() throws {
    let graph = try Graph(
      parsing: "graph @g(%x: f32[2]) { %y = Relu(%x) : f32[2] return %y }")
    let evaluator = GraphEvaluator(graph) { _, _, _ throws(DiagnosticMessage) in
      throw DiagnosticMessage("sample", "no")
    }
    let input = Constant([Float(1), -3], .float32, [2])
    let error = try #require(throws: Diagnostic.self) { try evaluator.outputs([input]) }
    #expect(error.description.contains("'y'") && error.message.id == "sample")
  }
}
