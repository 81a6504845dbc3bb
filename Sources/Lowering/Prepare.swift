@_spi(RawEditing) import CoppiceIR

/// Brings a graph into the form that lowering takes: values known now are constants, operators that
/// stand for others are replaced, and nodes that nobody needs are gone.
func prepare(_ graph: Graph) throws(Diagnostics) -> (graph: Graph, guards: BranchGuards) {
  let (prepared, guards, problems) = prepareAll(graph)
  if !problems.isEmpty { throw Diagnostics(problems) }
  return (prepared, guards)
}

/// Prepares what can be prepared.
///
/// - Parameter graph: As the pipeline left it.
/// - Returns: The graph, the branches that nodes stand in, and what is wrong with the rest.
func prepareAll(
  _ graph: Graph
) -> (graph: Graph, guards: BranchGuards, problems: [Diagnostic]) {
  var graph = graph
  var problems: [Diagnostic] = []
  graph.splitLongVariadics()
  graph.inlineUnfusable()
  var pending = graph.allNodes
  var rounds = 0
  while !pending.isEmpty && rounds < 8 {
    rounds += 1
    var changed = false
    for id in pending where graph.contains(id) {
      do {
        if try graph.decompose(id) != nil { changed = true }
      } catch {
        problems.append(Diagnostic(.error, error, at: graph.location(id)))
      }
    }
    pending = changed ? graph.allNodes : []
  }
  var guards: BranchGuards = [:]
  if problems.isEmpty {
    do {
      guards = try graph.openBranches()
      graph.readNarrowConstants()
      graph.removeUnused()
    } catch {
      problems = error.all
    }
  }
  return (graph, guards, problems)
}

extension Graph {
  /// Whether a node is lowered by way of others.
  private func isDecomposed(_ id: NodeID) -> Bool {
    let node = self[id]
    var probe = Graph(name: name)
    let operands = node.operands.map { value -> ValueID? in
      guard let value else { return nil }
      return constant(value).map { probe.addConstant($0, name: "operand") }
        ?? probe.addInput("operand", self[value].type)
    }
    let types = node.results.map { $0.map { self[$0].type } }
    let copy = probe.addNode(node.op, operands, types: types, name: node.name)
    var builder = DecompositionBuilder(graph: consume probe, node: copy)
    return (try? node.op.decompose(&builder)) ?? false
  }

  /// Opens fused nodes whose producer is lowered by way of other operators, or stores more than
  /// once, and re-fuses what vectors can do.
  fileprivate mutating func inlineUnfusable() {
    for id in allNodes where contains(id) && self[id].op is Fused {
      guard let block = self[id].blocks.first, let head = self[block].nodes.first else { continue }
      let nodes = Array(self[block].nodes)
      let stands = isDecomposed(head)
      let fusable = nodes.dropFirst().prefix {
        (self[$0].op as? any Elementwise)?.isVectorizable ?? false
      }
      let isLinear = !self[head].op.weightOperands.isEmpty
      if !stands, self[head].op.storesOnce, !isLinear || fusable.count == nodes.count - 1 {
        continue
      }
      inlineFused(id, by: "lowering")
      if !stands, self[head].op.storesOnce, !fusable.isEmpty {
        fuse([head] + fusable, by: "lowering")
      }
    }
  }

  /// Lets kernels read constants that are cast to the type that such elements are computed in anyway.
  fileprivate mutating func readNarrowConstants() {
    for id in nodes where self[id].op is Cast {
      guard let result = self[id].result, let source = self[id].operand(0),
        let held = constant(source)?.type.element, !held.isNative,
        held.arithmetic == self[result].type.element, !yields(body, result)
      else { continue }
      replaceUses(of: result, with: source, by: "lowering")
    }
  }

  /// Removes nodes whose results nobody reads; no branches are left.
  fileprivate mutating func removeUnused() {
    let uses = uses()
    var live: Set<ValueID> = []
    for index in valueTable.indices
    where uses[ValueID(index: index)].contains(where: {
      if case .output = $0 { true } else { false }
    }) { live.insert(ValueID(index: index)) }
    for id in nodes.reversed() {
      let node = self[id]
      if node.results.contains(where: { $0.map { live.contains($0) } ?? false }) {
        for inner in [id] + node.blocks.flatMap({ allNodes(in: $0) }) {
          live.formUnion(self[inner].operands.compactMap { $0 })
        }
      } else {
        removeNode(id)
      }
    }
  }
}
