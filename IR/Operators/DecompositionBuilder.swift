/// Builds the nodes that an operator stands for, in its place in the graph.
public struct DecompositionBuilder {
  /// The graph being rewritten.
  public private(set) var graph: Graph
  /// The node that is replaced.
  public let node: NodeID
  /// What each of the node's results is replaced by, filled by `setResult`.
  package private(set) var replacements: [Int: ValueID] = [:]

  package init(graph: Graph, node: NodeID) {
    self.graph = graph
    self.node = node
  }

  /// Gives the graph back, so that whoever goes on editing it holds the only one.
  package mutating func takeGraph() -> Graph {
    var taken = Graph(name: "")
    swap(&taken, &graph)
    return taken
  }

  /// The operands of the node.
  public var operands: [ValueID?] { graph[node].operands }

  /// What type inference knows of the node.
  public var context: InferenceContext { graph.inferenceContext(node) }

  /// The type of a value.
  ///
  /// - Parameter value: Of the graph.
  /// - Returns: Its type.
  public func type(_ value: ValueID) -> TensorType { graph[value].type }

  /// Adds a constant.
  ///
  /// - Parameter constant: Its elements.
  /// - Returns: The new value.
  public mutating func constant(_ constant: Constant) -> ValueID {
    graph.addConstant(constant, name: graph[node].name + "/constant")
  }

  /// Adds a node before the one that is replaced.
  ///
  /// - Parameters:
  ///   - op: What it computes.
  ///   - operands: What it reads.
  ///   - count: How many results it has.
  /// - Returns: Its results.
  /// - Throws: What type inference of the new node throws.
  public mutating func add(
    _ op: any Operator, _ operands: [ValueID?], results count: Int = 1
  ) throws(DiagnosticMessage) -> [ValueID] {
    let context = InferenceContext(
      operands: operands.map { $0.map { graph[$0].type } },
      known: operands.map { graph.constant($0) }, resultCount: count)
    let types = try op.inferTypes(context)
    let source = graph[node]
    let id = graph.addNode(
      op, operands, types: types.prefix(count).map { $0 }, name: source.name, origin: source.origin,
      trail: source.trail + ["decompose"], before: node)
    return graph[id].results.compactMap { $0 }
  }

  /// Adds a node with one result.
  ///
  /// - Parameters:
  ///   - op: What it computes.
  ///   - operands: What it reads.
  /// - Returns: Its result.
  /// - Throws: What type inference of the new node throws.
  public mutating func node(
    _ op: any Operator, _ operands: ValueID?...
  ) throws(DiagnosticMessage) -> ValueID {
    try add(op, operands)[0]
  }

  /// Says what stands for a result of the node.
  ///
  /// - Parameters:
  ///   - index: The result.
  ///   - value: What stands for it.
  public mutating func setResult(_ index: Int = 0, _ value: ValueID) { replacements[index] = value }
}
