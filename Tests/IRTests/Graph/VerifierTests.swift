@_spi(RawEditing) import CoppiceIR
import Testing

@Suite struct VerifierTests {
  private func sample() throws -> Graph {
    try Graph(
      parsing: """
        graph @g(%x: f32[1,2,4,4]) {
          %w = constant [1.0, 2.0] : f32[1,2,1,1]
          %a = Conv(%x, %w)
          %f = coppice.Fused() : f32[1,1,4,4] () {
            %b = Relu(%a)
            %c = Relu(%b)
            yield %c
          }
          %y = Add(%f, %a)
          return %y
        }
        """)
  }

  private func ids(_ graph: Graph) -> Set<String> {
    Set(Verifier.check(graph).map(\.message.id))
  }

  private func value(_ name: String, _ graph: Graph) throws -> ValueID {
    let index = try #require(graph.valueTable.firstIndex { $0.name == name })
    return ValueID(index: index)
  }

  @Test func aGoodGraphHasNothingWrong() throws {
    #expect(Verifier.check(try sample()).map(\.description) == [])
  }

  @Test func aValueIsReadBeforeItIsDefined() throws {
    var graph = try sample()
    graph.setOrder(graph.nodes.reversed(), of: graph.body)
    #expect(ids(graph) == ["verify-use"])
  }

  @Test func aValueOfAnInnerBlockIsNotSeenOutside() throws {
    var graph = try sample()
    graph.setOutputs([try value("b", graph)])
    #expect(ids(graph).contains("verify-use"))
  }

  @Test func aRemovedValueIsNotRead() throws {
    var graph = try sample()
    graph.removeNode(graph.nodes[2])
    #expect(ids(graph) == ["verify-use"])
  }

  @Test func typesAgreeWithInference() throws {
    var graph = try sample()
    graph.setType(try value("y", graph), TensorType(.float32, [1, 1, 4, 5]))
    #expect(ids(graph) == ["verify-type"])
  }

  @Test func inferenceMustAcceptANode() throws {
    var graph = try sample()
    let weight = try value("w", graph)
    graph.setConstant(weight, Constant([Float(1)], .float32, [1, 1, 1, 1]), by: "test")
    #expect(ids(graph) == ["conv-channels"])
  }

  @Test func constantsHaveTheBytesOfTheirType() throws {
    var graph = try sample()
    let type = TensorType(.float32, [1, 2, 1, 1])
    graph.setConstant(try value("w", graph), Constant(type, .dense(Bytes([UInt8(0)]))), by: "test")
    #expect(ids(graph) == ["verify-constant"])
    let rows = IndexRows(
      rowAxis: 0, columns: 2, starts: [0, 1], indices: [2], values: Bytes([Float(1)]))
    graph.setConstant(try value("w", graph), Constant(type, .sparse(rows)), by: "test")
    #expect(ids(graph) == ["verify-constant"])
  }

  @Test func namesAreUniqueAndTaken() throws {
    var graph = try sample()
    graph.usedNames.remove("a")
    #expect(ids(graph) == ["verify-name"])
    let weight = try value("w", graph)
    graph.usedNames.remove("x")
    graph.rename(weight, "x")
    #expect(Verifier.check(graph).count == 2)
  }

  @Test func aNodeStandsInOneBlock() throws {
    var graph = try sample()
    graph.setOrder(graph.nodes + [graph.nodes[0]], of: graph.body)
    #expect(ids(graph) == ["verify-node"])
    graph.setOrder([], of: graph.body)
    #expect(ids(graph) == ["verify-node"])
    graph = try sample()
    graph.blockTable.swapAt(0, 1)
    #expect(ids(graph).contains("verify-block"))
  }

  @Test func idsLieInsideTheTables() throws {
    var graph = try sample()
    graph.setOutputs([ValueID(index: 99)])
    #expect(ids(graph) == ["verify-value"])
  }

  @Test func aFusedChainFeedsTheNextNodeOnly() throws {
    var graph = try sample()
    let last = try #require(graph[BlockID(index: 1)].nodes.last)
    graph.setOperand(0, of: last, to: try value("a", graph), by: "test")
    #expect(ids(graph) == ["verify-fused"])
  }

  @Test func everyFaultIsFound() throws {
    var graph = try sample()
    graph.setType(try value("y", graph), TensorType(.float32, [1]))
    graph.setType(try value("c", graph), TensorType(.float64, [1, 1, 4, 4]))
    #expect(Verifier.check(graph).count == 3)
  }
}
