import CoppiceIR

/// Cuts chosen units out of a graph, or zeroes them.
struct FilterRewriting {
  let analysis: FilterAnalysis
  let removed: Set<Int>
  /// From the context.
  let edit: Edit
  /// Why units stay that were chosen.
  var stays: [Int: String] = [:]
  /// What units were compared by.
  var scores = UnitTable()

  func isRemoved(_ unit: Int) -> Bool { removed.contains(analysis.forest.root(unit)) }

  func kept(_ units: [Int]) -> [Int] { units.indices.filter { !isRemoved(units[$0]) } }

  /// Whether some channel of a value goes.
  func changes(_ value: ValueID?) -> Bool {
    value.flatMap { analysis.labels[$0] }?.units.contains(where: isRemoved) ?? false
  }

  /// The shape that a value will have.
  func shape(_ value: ValueID) -> [Int] {
    var shape = analysis.graph[value].type.shape
    if let labels = analysis.labels[value] { shape[labels.axis] = kept(labels.units).count }
    return shape
  }

  /// Zeroes all that removal would delete.
  func mask(_ graph: inout Graph) {
    _ = rewriteConstants(&graph, analysis.slices.filter(\.isMasked)) { constant, slice in
      constant.clearing(slice.units.indices.filter { isRemoved(slice.units[$0]) }, axis: slice.axis)
    }
  }

  /// Removes channels from constants, attributes and shapes, and infers all types again.
  func remove(from graph: inout Graph) throws -> RemovedChannels {
    for id in analysis.graph.nodes { rewriteShapes(id, &graph) }
    let cuts = rewriteConstants(&graph, analysis.slices) { constant, slice in
      constant.selecting(kept(slice.units), axis: slice.axis)
    }
    for (id, attributes) in analysis.counts.sorted(by: { $0.key < $1.key }) {
      var op = graph[id].op
      for (name, units) in attributes where units.contains(where: isRemoved) {
        op.attributes[name] = .int(kept(units).count)
      }
      if op.attributes != graph[id].op.attributes { graph.setOperator(id, op, by: edit) }
    }
    for id in graph.allNodes {
      do {
        let types = try graph[id].op.inferTypes(graph.inferenceContext(id))
        for (result, type) in zip(graph[id].results, types) {
          if let result { graph.setType(result, type, by: edit) }
        }
      } catch {
        throw Diagnostic(.error, error, at: graph.location(id))
      }
    }
    return RemovedChannels(cuts: cuts)
  }

  /// Rewrites each constant that a slice touches; readers that want other slices get a copy.
  ///
  /// - Returns: What became of each, as if it were cut.
  private func rewriteConstants(
    _ graph: inout Graph, _ slices: [ChannelSlice],
    _ rewrite: (Constant, ChannelSlice) -> Constant
  ) -> [RemovedChannels.Cut] {
    struct Reader: Hashable {
      var node: NodeID
      var operand: Int
    }
    let uses = graph.uses()
    var cuts: [Reader: [ChannelSlice]] = [:]
    var order: [Reader] = []
    for slice in slices where slice.units.contains(where: isRemoved) {
      let reader = Reader(node: slice.node, operand: slice.operand)
      if cuts[reader] == nil { order.append(reader) }
      cuts[reader, default: []].append(slice)
    }
    let weights = Set(analysis.graph.weights().map(\.value))
    var rewritten: [RemovedChannels.Cut] = []
    var done: [ValueID: [(key: Set<[Int]>, value: ValueID)]] = [:]
    for reader in order {
      guard let value = graph[reader.node].operand(reader.operand),
        let constant = analysis.graph.constant(value), let own = cuts[reader]
      else { continue }
      let key = self.key(own)
      if let same = done[value]?.first(where: { $0.key == key }) {
        if same.value != value {
          graph.setOperand(reader.operand, of: reader.node, to: same.value, by: edit)
        }
        continue
      }
      let new = own.reduce(constant) { rewrite($0, $1) }
      let others = uses[value].contains { use in
        guard case .operand(let node, let operand) = use else { return true }
        return self.key(cuts[Reader(node: node, operand: operand)] ?? []) != key
      }
      var target = value
      if others {
        target = graph.addConstant(new, name: graph[value].name, by: edit)
        graph.setOperand(reader.operand, of: reader.node, to: target, by: edit)
      } else {
        graph.setConstant(value, new, by: edit)
      }
      done[value, default: []].append((key, target))
      rewritten.append(
        RemovedChannels.Cut(
          source: value, name: analysis.graph[value].name, shape: constant.type.shape,
          isWeight: weights.contains(value), value: target,
          axes: own.map {
            RemovedChannels.Axis(axis: $0.axis, extent: $0.units.count, kept: kept($0.units))
          }))
    }
    return rewritten
  }

  private func key(_ slices: [ChannelSlice]) -> Set<[Int]> {
    Set(slices.map { [$0.axis] + kept($0.units) })
  }
}
