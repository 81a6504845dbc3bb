import CoppiceIR

extension FilterRewriting {
  /// Operands of a node that name extents or indices of channels.
  func rewriteShapes(_ id: NodeID, _ graph: inout Graph) {
    let node = analysis.graph[id]
    guard node.operands.contains(where: changes) || node.results.contains(where: changes) else {
      return
    }
    switch node.op {
    case is Reshape: reshape(id, &graph)
    case is Expand: expand(id, &graph)
    case is Resize: resize(id, &graph)
    case is Split: split(id, &graph)
    case is Slice: slice(id, &graph)
    case is Gather: gather(id, &graph)
    default: break
    }
  }

  private func setIndices(_ graph: inout Graph, _ id: NodeID, _ operand: Int, _ values: [Int]) {
    let name = graph[id].operand(operand).map { graph[$0].name } ?? graph[id].name + "/indices"
    let value = graph.addConstant(.indices(values), name: name, by: edit)
    graph.setOperand(operand, of: id, to: value, by: edit)
  }

  private func integers(_ id: NodeID, _ operand: Int) -> [Int]? {
    analysis.graph.constant(analysis.graph[id].operand(operand))?.integers
  }

  private func reshape(_ id: NodeID, _ graph: inout Graph) {
    guard let result = analysis.graph[id].result, let old = integers(id, 1) else { return }
    let new = shape(result)
    guard old.count == new.count else { return setIndices(&graph, id, 1, new) }
    var values = zip(old, new).map { $0 <= 0 ? $0 : $1 }
    let isCopied = old.indices.allSatisfy { axis in
      old[axis] != 0 || analysis.graph[id].operand(0).map { shape($0)[axis] } == new[axis]
    }
    if !isCopied || analysis.graph[id].op.settings.flag("allowzero") { values = new }
    if values != old { setIndices(&graph, id, 1, values) }
  }

  private func expand(_ id: NodeID, _ graph: inout Graph) {
    guard let result = analysis.graph[id].result, var values = integers(id, 1) else { return }
    let (old, new) = (analysis.graph[result].type.shape, shape(result))
    let lead = new.count - values.count
    for index in values.indices where values[index] == old[lead + index] && values[index] != 1 {
      values[index] = new[lead + index]
    }
    setIndices(&graph, id, 1, values)
  }

  private func resize(_ id: NodeID, _ graph: inout Graph) {
    guard let result = analysis.graph[id].result, var values = integers(id, 3) else { return }
    let new = shape(result)
    let axes = analysis.graph[id].op.settings.ints("axes") ?? Array(new.indices)
    for (index, axis) in axes.enumerated() where index < values.count {
      let axis = axis < 0 ? axis + new.count : axis
      if let labels = analysis.labels[result], labels.axis == axis { values[index] = new[axis] }
    }
    setIndices(&graph, id, 3, values)
  }

  private func split(_ id: NodeID, _ graph: inout Graph) {
    let node = analysis.graph[id]
    guard let op = node.op as? Split, let data = node.operand(0),
      let axis = try? normalizedAxis(
        op.settings.int("axis"), rank: analysis.graph[data].type.rank),
      let labels = analysis.labels[data], labels.axis == axis,
      let sizes = try? op.sizes(analysis.graph.inferenceContext(id))
    else { return }
    var start = 0
    var values: [Int] = []
    for size in sizes {
      values.append(kept(Array(labels.units[start..<(start + size)])).count)
      start += size
    }
    var new = op
    new.attributes["num_outputs"] = nil
    graph.setOperator(id, new, by: edit)
    setIndices(&graph, id, 1, values)
  }

  /// Where each kept index of an axis goes.
  private func positions(_ units: [Int]) -> [Int: Int] {
    Dictionary(uniqueKeysWithValues: kept(units).enumerated().map { ($1, $0) })
  }

  private func gather(_ id: NodeID, _ graph: inout Graph) {
    let node = analysis.graph[id]
    guard let data = node.operand(0), let labels = analysis.labels[data],
      let axis = try? normalizedAxis(
        node.op.settings.int("axis"), rank: analysis.graph[data].type.rank),
      labels.axis == axis, let indices = node.operand(1), let old = integers(id, 1)
    else { return }
    let places = positions(labels.units)
    let new = old.compactMap { places[$0 < 0 ? $0 + labels.units.count : $0] }
    if analysis.graph[indices].type.rank == 0, let only = new.first {
      let value = graph.addConstant(
        Constant([Int64(only)], .int64, []), name: graph[indices].name, by: edit)
      graph.setOperand(1, of: id, to: value, by: edit)
    } else {
      setIndices(&graph, id, 1, new)
    }
  }

  /// A slice of neighbours stays one; other slices become a gather.
  private func slice(_ id: NodeID, _ graph: inout Graph) {
    let node = analysis.graph[id]
    guard let op = node.op as? Slice, let data = node.operand(0),
      let labels = analysis.labels[data],
      let ranges = try? op.ranges(analysis.graph.inferenceContext(id))
    else { return }
    let range = ranges[labels.axis]
    let places = positions(labels.units)
    let new = (0..<range.count).compactMap { places[range.start + $0 * range.step] }
    let isWhole = range.start == 0 && range.step == 1 && range.count == labels.units.count
    guard !isWhole, let first = new.first, let last = new.last else { return }
    if last - first + 1 == new.count, zip(new, new.dropFirst()).allSatisfy({ $1 == $0 + 1 }) {
      return setRange(id, &graph, axis: labels.axis, first, last + 1)
    }
    let others = ranges.indices.contains { axis in
      axis != labels.axis && ranges[axis].count != analysis.graph[data].type.shape[axis]
    }
    let indices = graph.addConstant(.indices(new), name: graph[id].name + "/indices", by: edit)
    let gather = Gather(attributes: ["axis": .int(labels.axis)])
    if !others, ranges.indices.allSatisfy({ $0 == labels.axis || ranges[$0].step == 1 }) {
      return graph.setOperator(id, gather, operands: [graph[id].operand(0), indices], by: edit)
    }
    guard let part = graph.insert(gather, [graph[id].operand(0), indices], before: id, by: edit)
    else { return }
    graph.setOperand(0, of: id, to: part, by: edit)
    setRange(id, &graph, axis: labels.axis, 0, new.count)
  }

  private func setRange(
    _ id: NodeID, _ graph: inout Graph, axis: Int, _ start: Int, _ end: Int
  ) {
    guard var starts = integers(id, 1), var ends = integers(id, 2) else { return }
    let rank = analysis.graph[id].operand(0).map { analysis.graph[$0].type.rank } ?? 0
    let axes = integers(id, 3) ?? Array(starts.indices)
    var steps = integers(id, 4) ?? starts.map { _ in 1 }
    for (index, other) in axes.enumerated() where (other < 0 ? other + rank : other) == axis {
      (starts[index], ends[index], steps[index]) = (start, end, 1)
    }
    setIndices(&graph, id, 1, starts)
    setIndices(&graph, id, 2, ends)
    if integers(id, 4) != nil { setIndices(&graph, id, 4, steps) }
  }
}
