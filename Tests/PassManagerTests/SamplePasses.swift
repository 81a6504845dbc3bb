@_spi(RawEditing) import CoppiceIR
import CoppicePassManager

/// Turns one Relu after another into an Abs.
struct AbsForRelu: Pass {
  static let info = PassInfo(
    name: "abs-for-relu", summary: "Turn Relu into Abs",
    options: [
      PassOption("count", .integer(1...9), default: "9", "How many in a run"),
      PassOption("share", .decimal(0...1), "A part"),
      PassOption("mode", .choice(["fast", "slow"]), default: "fast", "How"),
    ],
    statistics: ["relus"])
  let count: Int

  init(options: PassOptions) throws { count = try options.integer("count") }

  func run(on graph: inout Graph, _ context: inout PassContext) {
    var left = count
    for id in graph.allNodes where graph[id].op is Relu && left > 0 {
      guard let edit = context.edit(graph[id]) else { continue }
      graph.setOperator(id, Abs(), by: edit)
      context.count("relus")
      left -= 1
    }
  }
}

/// Says that it changes the model.
struct Approximate: Pass {
  static let info = PassInfo(
    name: "approximate", summary: "Nothing", exactness: .approximate,
    options: [PassOption("record", .path, isRequired: true, "A file")])

  init(options: PassOptions) {}

  func run(on graph: inout Graph, _ context: inout PassContext) throws {
    throw DiagnosticMessage("sample", "refused")
  }
}

/// Throws what is no diagnostic.
struct Foreign: Pass {
  struct Fault: Error {}

  static let info = PassInfo(name: "foreign", summary: "Nothing")

  init(options: PassOptions) {}

  func run(on graph: inout Graph, _ context: inout PassContext) throws { throw Fault() }
}

/// Never comes to an end.
struct Restless: Pass {
  static let info = PassInfo(name: "restless", summary: "Swap Relu and Abs")

  init(options: PassOptions) {}

  func run(on graph: inout Graph, _ context: inout PassContext) {
    for id in graph.allNodes {
      graph.setOperator(id, graph[id].op is Relu ? Abs() : Relu(), by: Self.info.name)
    }
  }
}

/// Leaves what it counted, and something that is not for the user.
struct CountNodes: Pass {
  static let info = PassInfo(name: "count-nodes", summary: "Count the nodes")

  init(options: PassOptions) {}

  func run(on graph: inout Graph, _ context: inout PassContext) {
    context.leave(NodeCount(nodes: graph.allNodes.count))
    context.leave(Unseen(text: "seen by passes"))
  }
}

struct NodeCount: PassResult {
  let nodes: Int
  var table: ResultTable? {
    ResultTable(title: "nodes", columns: ["nodes"], rows: [[.integer(nodes)]])
  }
}

struct Unseen: PassResult {
  let text: String
  var table: ResultTable? { nil }
}

let samples: PassRegistry = {
  var registry = PassRegistry()
  registry.register(AbsForRelu.self)
  registry.register(Approximate.self)
  registry.register(Restless.self)
  registry.register(CountNodes.self)
  registry.register(Preset(name: "all", summary: "All", text: "abs-for-relu{count=2},restless"))
  registry.register(Preset(name: "nested", summary: "Nested", text: "fix(abs-for-relu),@all"))
  registry.register(Preset(name: "sly", summary: "Sly", text: "approximate{record=x}"))
  registry.register(Preset(name: "loop", summary: "Loop", text: "@loop"))
  return registry
}()

/// A chain of Relu nodes called `head/0`, `head/1` and so on, then `tail/0` and so on.
func chain(head: Int, tail: Int) -> Graph {
  var graph = Graph(name: "chain")
  let type = TensorType(.float32, [4])
  var value = graph.addInput("x", type)
  let names = (0..<head).map { "head/\($0)" } + (0..<tail).map { "tail/\($0)" }
  for name in names {
    let node = graph.addNode(Relu(), [value], types: [type], name: name)
    value = graph[node].result ?? value
  }
  graph.setOutputs([value])
  return graph
}

extension Graph {
  var operators: String { nodes.map { String(self[$0].op.name.prefix(1)) }.joined() }
}
