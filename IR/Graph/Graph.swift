/// A model as typed dataflow at ONNX's level.
///
/// A value type: a snapshot is an assignment. Nodes, values, blocks and constants are numbered and
/// live side by side, so that a nested body may read any value of the blocks around it and every
/// use list sees it. Constants are never inside nodes: editing a graph copies no weights.
public struct Graph: Sendable {
  /// The model's name.
  public var name: String
  /// The model file, for diagnostics.
  public var source: String
  /// The opset of `ai.onnx` that the graph was adapted from.
  public var opset: Int = 28
  /// What inputs must hold for the graph to compute what the model does.
  public internal(set) var assumptions: [InputAssumption] = []
  /// What stands behind outputs that ONNX has as texts or maps.
  public internal(set) var outputNames: [OutputNames] = []
  package var nodeTable: [Node?] = []
  package var valueTable: [Value] = []
  package var blockTable: [Block] = [Block()]
  package var constantTable: [Constant] = []
  /// The neighbours of each node in its block.
  var links: [NodeList.Link] = []
  var useTable = UseTable()
  package var usedNames: Set<String> = []
  /// How often names were taken already, so that finding a free number stays cheap.
  var lastNumbers: [String: Int] = [:]

  /// Makes an empty graph.
  ///
  /// - Parameters:
  ///   - name: The model's name.
  ///   - source: The model file, for diagnostics.
  public init(name: String, source: String = "") {
    self.name = name
    self.source = source
    useTable.addBlock()
  }

  /// Whether both are copies of one graph that neither side has edited since.
  ///
  /// - Complexity: O(1); `false` says nothing.
  package func sharesTables(with other: Graph) -> Bool {
    func isShared<Element>(_ mine: [Element], _ theirs: [Element]) -> Bool {
      mine.withUnsafeBufferPointer { mine in
        theirs.withUnsafeBufferPointer {
          mine.baseAddress == $0.baseAddress && mine.count == $0.count
        }
      }
    }
    return isShared(nodeTable, other.nodeTable) && isShared(valueTable, other.valueTable)
      && isShared(blockTable, other.blockTable) && isShared(constantTable, other.constantTable)
      && isShared(links, other.links)
  }

  /// The outermost block.
  public var body: BlockID { BlockID(index: 0) }
  /// The graph's inputs in order; initializers are constants, not inputs.
  public var inputs: [ValueID] { blockTable[0].inputs }
  /// The graph's outputs in order.
  public var outputs: [ValueID] { blockTable[0].outputs }

  /// A block.
  ///
  /// - Parameter id: Of this graph.
  public subscript(id: BlockID) -> Block {
    var block = blockTable[id.index]
    block.links = links
    return block
  }

  /// A value.
  ///
  /// - Parameter id: Of this graph.
  public subscript(id: ValueID) -> Value { valueTable[id.index] }

  /// A node that has not been removed.
  ///
  /// - Parameter id: Of this graph.
  public subscript(id: NodeID) -> Node {
    guard let node = nodeTable[id.index] else { fatalError("node \(id.index) was removed") }
    return node
  }

  /// Whether a node is still there.
  ///
  /// - Parameter id: Of this graph.
  /// - Returns: Whether it has not been removed.
  public func contains(_ id: NodeID) -> Bool { nodeTable[id.index] != nil }

  /// The nodes of the body, in order.
  ///
  /// - Complexity: O(nodes).
  public var nodes: [NodeID] { Array(self[body].nodes) }

  /// All nodes, of nested blocks too, each before the nodes of its own blocks.
  public var allNodes: [NodeID] { allNodes(in: body) }

  /// All nodes of a block and of the blocks inside it.
  ///
  /// - Parameter block: Where to start.
  /// - Returns: In order, each before the nodes of its own blocks.
  /// - Complexity: O(nodes).
  public func allNodes(in block: BlockID) -> [NodeID] {
    var found: [NodeID] = []
    collect(block, &found)
    return found
  }

  private func collect(_ block: BlockID, _ found: inout [NodeID]) {
    for id in self[block].nodes {
      found.append(id)
      for inner in nodeTable[id.index]?.blocks ?? [] { collect(inner, &found) }
    }
  }

  /// All values that are constants, in order of creation.
  public var constantValues: [ValueID] {
    valueTable.indices.compactMap { index in
      if case .constant = valueTable[index].definition { ValueID(index: index) } else { nil }
    }
  }

  /// The constant that a value is.
  ///
  /// - Parameter value: Of this graph; `nil` is passed through.
  /// - Returns: The constant, or `nil` when the value is computed.
  public func constant(_ value: ValueID?) -> Constant? {
    guard let value, case .constant(let id) = self[value].definition else { return nil }
    return constantTable[id.index]
  }

  /// The node that computes a value.
  ///
  /// - Parameter value: Of this graph; `nil` is passed through.
  /// - Returns: The node, or `nil` for inputs and constants.
  public func producer(_ value: ValueID?) -> NodeID? {
    guard let value, case .node(let node, _) = self[value].definition else { return nil }
    return node
  }

  /// Where diagnostics about a node point.
  ///
  /// - Parameter id: Of this graph.
  /// - Returns: File, name, position and operator, and the last pass that made the node.
  public func location(_ id: NodeID) -> Location {
    let node = self[id]
    let place = Location.node(
      file: source, name: node.name, index: node.origin.index, type: node.origin.type)
    return node.trail.last.map { .derived(by: $0, from: place) } ?? place
  }

  /// Everyone who reads each value.
  ///
  /// - Returns: A snapshot; it does not follow later changes.
  /// - Complexity: O(nodes).
  public func uses() -> UseMap { UseMap(self) }

  /// What type inference may know of a node.
  ///
  /// - Parameter id: Of this graph.
  /// - Returns: Operand types, constants, and what the node's blocks yield.
  public func inferenceContext(_ id: NodeID) -> InferenceContext {
    let node = self[id]
    return InferenceContext(
      operands: node.operands.map { $0.map { self[$0].type } },
      known: node.operands.map { constant($0) },
      blockResults: node.blocks.map { self[$0].outputs.map { self[$0].type } },
      resultCount: node.results.count)
  }
}

/// Who reads each value of a graph, at the time it was made.
public struct UseMap: Sendable {
  /// One reading of a value.
  public enum Use: Hashable, Sendable {
    /// An operand of a node.
    case operand(NodeID, Int)
    /// An output of a block.
    case output(BlockID, Int)
  }

  private var lists: [[Use]]

  init(_ graph: Graph) {
    lists = Array(repeating: [], count: graph.valueTable.count)
    for id in graph.allNodes {
      for (index, value) in graph[id].operands.enumerated() {
        if let value { lists[value.index].append(.operand(id, index)) }
      }
    }
    var blocks = [graph.body]
    blocks += graph.allNodes.flatMap { graph[$0].blocks }
    for block in blocks {
      for (index, value) in graph[block].outputs.enumerated() {
        lists[value.index].append(.output(block, index))
      }
    }
  }

  /// The uses of a value in order.
  ///
  /// - Parameter value: A value that existed when the map was made.
  public subscript(value: ValueID) -> [Use] { lists[value.index] }

  /// The nodes that read a value, each once, in order.
  ///
  /// - Parameter value: A value that existed when the map was made.
  /// - Returns: The nodes.
  public func users(_ value: ValueID) -> [NodeID] {
    var seen: Set<NodeID> = []
    return self[value].compactMap { use in
      guard case .operand(let node, _) = use, seen.insert(node).inserted else { return nil }
      return node
    }
  }
}
