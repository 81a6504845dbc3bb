import CoppiceIR

/// Attention heads: a head goes with its queries, keys and values; heads that share keys go together.
extension FilterAnalysis {
  mutating func attention(_ id: NodeID) {
    let node = graph[id]
    guard prunesHeads else {
      return refuse(operandsOf: id, "takes it by heads, which attention=features keeps")
    }
    for operand in [4, 5, 6] { refuse(node.operand(operand), reason(id, "takes it from a cache")) }
    guard let shape = try? AttentionShape(graph.inferenceContext(id), node.op.settings) else {
      return refuse(operandsOf: id, "has heads that are not known")
    }
    guard let heads = heads(id, shape) else { return }
    let queries = heads.flatMap { Array(repeating: $0, count: shape.queryHeads / shape.keyHeads) }
    if shape.isFlat { counts[id] = ["q_num_heads": queries, "kv_num_heads": heads] }
    mask(id, queries)
    let isZero = node.operand(2).flatMap { labels[$0] }?.isZero ?? false
    let flat = queries.flatMap { Array(repeating: $0, count: shape.valueSize) }
    let units = [shape.isFlat ? flat : queries, heads, heads, queries]
    for (index, result) in node.results.enumerated() {
      guard let result else { continue }
      let axis = index == 0 && shape.isFlat ? 2 : 1
      labels[result] = ChannelLabels(axis: axis, units: units[index], isZero: index == 0 && isZero)
    }
  }

  /// The unit of each head of keys and values, or `nil` where heads cannot go.
  private mutating func heads(_ id: NodeID, _ shape: AttentionShape) -> [Int]? {
    let axis = shape.isFlat ? 2 : 1
    var heads: [Int]?
    for operand in 0...2 {
      guard let value = graph[id].operand(operand), let own = labels[value], own.axis == axis,
        graph[id].operand(operand + 3) == nil || operand == 0
      else {
        refuse(operandsOf: id, "has queries, keys or values that are not pruned by heads")
        return nil
      }
      let size = own.units.count / shape.keyHeads
      let first = (0..<shape.keyHeads).map { own.units[$0 * size] }
      let refusal = reason(id, "attends by heads of which one stays")
      for (index, unit) in own.units.enumerated() {
        forest.couple(first[index / size], unit, otherwise: refusal)
      }
      if let heads { couple(heads, first, refusal) } else { heads = first }
    }
    return heads
  }

  /// A mask of each head follows the heads.
  private mutating func mask(_ id: NodeID, _ queries: [Int]) {
    guard let value = graph[id].operand(3) else { return }
    let shape = graph[value].type.shape
    let axis = shape.count - 3
    if let own = labels[value] {
      guard own.axis == axis, own.units.count == queries.count else {
        return refuse(operandsOf: id, "takes it as a mask")
      }
      return couple(queries, own.units, reason(id, "takes it as a mask"))
    }
    guard axis >= 0, shape[axis] > 1 else { return }
    if graph.constant(value) != nil {
      return slice(id, 3, axis: axis, queries, isMasked: false)
    }
    for unit in queries { forest.refuse(unit, reason(id, "has a computed mask of each head")) }
  }
}

/// Where the elements of a value meet those of another in a product of activations.
struct HeadSearch {
  private let graph: Graph
  private let uses: UseMap
  private let isComputed: (ValueID) -> Bool
  private var seen: Set<[Int]> = []

  init(_ graph: Graph, _ uses: UseMap, isComputed: @escaping (ValueID) -> Bool) {
    (self.graph, self.uses, self.isComputed) = (graph, uses, isComputed)
  }

  /// Whether an axis of a value numbers the matrices of a product of activations, or the heads of an
  /// attention, behind operators that only move elements or scale them.
  mutating func isHeads(_ axis: Int, of value: ValueID) -> Bool {
    guard seen.insert([value.index, axis]).inserted else { return false }
    for use in uses[value] {
      guard case .operand(let node, let operand) = use else { continue }
      if reaches(node, operand, axis) { return true }
    }
    return false
  }

  private mutating func reaches(_ id: NodeID, _ operand: Int, _ axis: Int) -> Bool {
    let node = graph[id]
    if node.op is MatMul {
      let both = [0, 1].allSatisfy { node.operand($0).map(isComputed) ?? false }
      guard both, let value = node.operand(operand) else { return false }
      return axis < graph[value].type.rank - 2
    }
    if node.op is Attention {
      guard let value = node.operand(operand), operand < 3 else { return false }
      return axis == 1 && graph[value].type.rank == 4
    }
    for result in node.results.compactMap({ $0 }) {
      if let next = follow(id, operand, axis, to: result), isHeads(next, of: result) { return true }
    }
    return false
  }

  /// Where an axis of an operand lies in a result.
  private func follow(
    _ id: NodeID, _ operand: Int, _ axis: Int, to result: ValueID
  ) -> Int? {
    let node = graph[id]
    guard let value = node.operand(operand) else { return nil }
    let (from, to) = (graph[value].type.shape, graph[result].type.shape)
    switch node.op {
    case is Transpose:
      return (node.op.settings.ints("perm") ?? from.indices.reversed()).firstIndex(of: axis)
    case let op where op.isReshape:
      if operand != 0 { return nil }
      let before = from[..<axis].reduce(1, *)
      return to.indices.last { to[$0] >= from[axis] && to[..<$0].reduce(1, *) == before }
    case is Gather:
      guard operand == 0, let indices = node.operand(1),
        let own = try? normalizedAxis(node.op.settings.int("axis"), rank: from.count), own != axis
      else { return nil }
      return own < axis ? axis + graph[indices].type.rank - 1 : axis
    case is Split, is Slice, is Concat, is Expand, is Tile, is Dropout, is Softmax,
      is RotaryEmbedding:
      return operand == 0 || node.op is Concat
        ? to.count == from.count && to[axis] >= from[axis] ? axis : nil : nil
    default:
      guard node.op is any Elementwise else { return nil }
      let place = axis + to.count - from.count
      return place >= 0 && to[place] == from[axis] ? place : nil
    }
  }
}
