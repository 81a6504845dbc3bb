import CoppiceC
@_spi(RawEditing) import CoppiceIR
import CoppiceLowering
import Testing

/// The C of fused chains and of many operands: in proportion to what they hold.
struct FusedTailTests {
  private static let unary = OperatorRegistry.all.filter { type in
    let element = TensorType(.float32, [8])
    let context = InferenceContext(operands: [element])
    return type is any Elementwise.Type && type.schema.operands.count == 1
      && (try? type.init(attributes: [:]).inferTypes(context)) == [element]
  }.map { $0.schema.name }.sorted()

  private func bytes(_ graph: Graph) throws -> Int {
    let generated = generate(try lower(graph, for: .generic), GenerationOptions(name: "m"))
    return try #require(generated.files.first { $0.name == "m.c" }).text.utf8.count
  }

  /// A chain of one operator, fused; the same again as operands where it takes several.
  private func chain(_ op: any Operator, _ length: Int, operands: Int = 1) -> Graph {
    let type = TensorType(.float32, [8])
    var graph = Graph(name: "chain")
    let input = graph.addInput("x", type)
    var (nodes, value): ([NodeID], ValueID) = ([], input)
    for index in 0..<length {
      let id = graph.addNode(
        op, Array(repeating: value, count: operands), types: [type], name: "n\(index)")
      nodes.append(id)
      value = graph[id].result ?? value
    }
    graph.setOutputs([value])
    if operands == 1 { _ = graph.fuse(nodes, by: "test") }
    return graph
  }

  @Test(arguments: unary) func aTailCostsTheSameAtEveryPlace(_ name: String) throws {
    let type = OperatorRegistry.all.first { $0.schema.name == name && $0 is any Elementwise.Type }
    let op = try #require(type).init(attributes: [:])
    let sizes = try [4, 8, 16].map { try bytes(chain(op, $0)) }
    #expect(sizes[2] - sizes[1] <= 2 * (sizes[1] - sizes[0]) + 200)
    #expect(sizes[2] <= 20_000)
  }

  @Test(arguments: ["Max", "Min", "Sum", "Mean"]) func operandsCostTheSame(_ name: String) throws {
    let op = try #require(OperatorRegistry.find(name)).init(attributes: [:])
    let sizes = try [4, 16, 64].map { try bytes(chain(op, 1, operands: $0)) }
    #expect(sizes[2] - sizes[1] <= 5 * (sizes[1] - sizes[0]))
    #expect(sizes[2] <= 20_000)
  }
}
