@_spi(RawEditing) import CoppiceIR
import Testing

/// What edits note of uses and positions stays what there is, and costs what it touches.
@Suite struct EditingTests {
  private func chain(_ count: Int) -> (graph: Graph, values: [ValueID]) {
    var graph = Graph(name: "chain")
    let type = TensorType(.float32, [4])
    var values = [graph.addInput("x", type)]
    for index in 0..<count {
      let node = graph.addNode(Sin(), [values[index]], types: [type], name: "n")
      values.append(graph[node].result ?? values[index])
    }
    graph.setOutputs([values[count]])
    return (graph, values)
  }

  @Test func usesFollowEdits() {
    var (graph, values) = chain(4)
    let nodes = graph.nodes
    graph.replaceUses(of: values[2], with: values[0], by: "test")
    #expect(graph.useCount(of: values[2]) == 0)
    #expect(graph.useCount(of: values[0]) == 2)
    graph.removeNode(nodes[1])
    #expect(graph.useCount(of: values[1]) == 0)
    #expect(graph.onlyUse(of: values[3]) == .operand(nodes[3], 0))
    graph.setOutputs([values[4], values[0]])
    #expect(graph.blocksYielding(values[0]) == [graph.body])
    graph.setOperator(nodes[3], Add(), operands: [values[0], values[0]], by: "test")
    graph.setOperand(1, of: nodes[3], to: values[3], by: "test")
    #expect(graph.useCount(of: values[0]) == 4)
    #expect(Verifier.check(graph).isEmpty)
  }

  /// Whatever was tried, the graph and the names it gives are those of one in which nothing was.
  @Test func whatWasAddedIsTakenBack() throws {
    var (graph, values) = chain(3)
    let (before, edit) = (graph, Edit("test"))
    let growth = graph.growth
    let constant = graph.addConstant(Constant([1, 2, 3, 4], .float32, [4]), name: "c", by: edit)
    let type = TensorType(.float32, [4])
    let first = graph.addNode(
      Add(), [values[1], constant], types: [type], like: graph.nodes[1], before: graph.nodes[1],
      by: edit)
    graph.addNode(
      Sin(), [graph[first].result], types: [type], like: first, before: graph.nodes[2], by: edit)
    #expect(graph.nodes.count == 5 && graph.useCount(of: values[1]) == 2)
    graph.takeBack(to: growth, by: edit)
    #expect(graph.text() == before.text() && graph.nodes == before.nodes)
    #expect(graph.useCount(of: values[1]) == 1 && graph.constantValues.isEmpty)
    #expect(Verifier.check(graph).isEmpty)
    let again = graph.addConstant(Constant([1], .float32, [1]), name: "c", by: edit)
    #expect(graph[again].name == "c" && again.index == values.count)
  }

  @Test func nodesKeepTheirOrder() {
    var (graph, values) = chain(3)
    let nodes = graph.nodes
    let type = TensorType(.float32, [4])
    let first = graph.addNode(Cos(), [values[0]], types: [type], name: "m", before: nodes[0])
    let last = graph.addNode(Cos(), [values[3]], types: [type], name: "m")
    #expect(graph.nodes == [first] + nodes + [last])
    #expect(graph[graph.body].nodes.reversed() == (Array([first] + nodes + [last])).reversed())
    graph.move([first], to: graph.body, before: last)
    graph.removeNode(last)
    #expect(graph.nodes == nodes + [first])
    #expect(graph[graph.body].nodes.count == 4)
    #expect(Verifier.check(graph).isEmpty)
  }

  @Test func aSnapshotDoesNotFollow() {
    var (graph, values) = chain(3)
    let (before, nodes) = (graph, graph[graph.body].nodes)
    graph.replaceUses(of: values[1], with: values[0], by: "test")
    graph.removeNode(graph.nodes[0])
    #expect(before.useCount(of: values[1]) == 1)
    #expect(Array(nodes) == before.nodes)
    #expect(Verifier.check(before).isEmpty)
  }

  /// Eight times the nodes may take twelve times as long, and a little for noise.
  @Test func editsCostWhatTheyTouch() {
    func seconds(_ count: Int) -> Double {
      var (graph, values) = chain(count)
      let nodes = graph.nodes
      let clock = ContinuousClock()
      let duration = clock.measure {
        for index in 0..<(count - 1) {
          graph.replaceUses(of: values[index + 1], with: values[0], by: "test")
          graph.removeNode(nodes[index])
        }
      }
      return duration / .seconds(1)
    }
    _ = seconds(1000)
    let (small, large) = (seconds(2000), seconds(16000))
    #expect(large < 12 * small + 0.2, "\(small) s, then \(large) s")
  }
}
