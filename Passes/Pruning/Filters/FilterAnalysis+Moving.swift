import CoppiceIR

extension FilterAnalysis {
  /// Runs an operator that moves elements on labels.
  mutating func move(_ id: NodeID) {
    let node = graph[id]
    if let text = refusalOfMove(id) { return refuse(operandsOf: id, text) }
    var context = graph.inferenceContext(id)
    for (index, value) in node.operands.enumerated() {
      guard let value else { continue }
      let type = TensorType(.int64, graph[value].type.shape)
      if let own = labels[value] {
        context.operands[index] = type
        context.known[index] = labelTensor(own, type)
      } else if node.op is Concat {
        context.operands[index] = type
        context.known[index] = .filled(0, .int64, type.shape)
      }
    }
    guard let moved = try? Interpreter.evaluate(op: node.op, context: context),
      moved.count >= node.results.count
    else { return refuse(operandsOf: id, "moves it in a way that is not known now") }
    let isZero = node.operands.allSatisfy { $0.flatMap { labels[$0] }?.isZero ?? true }
    for (result, tensor) in zip(node.results, moved) {
      guard let result else { continue }
      labels[result] = collapse(tensor, result, id, isZero: isZero)
    }
  }

  private func refusalOfMove(_ id: NodeID) -> String? {
    let node = graph[id]
    guard let data = node.operand(0) else { return nil }
    if !(node.op is Concat), labels[data] == nil { return "takes it as a parameter" }
    if graph[data].type.count > 1 << 26 { return "moves too many elements to follow" }
    guard node.op is Gather, let own = labels[data], let indices = node.operand(1),
      (try? normalizedAxis(node.op.settings.int("axis"), rank: graph[data].type.rank))
        == own.axis,
      graph[indices].type.rank > 1
    else { return nil }
    return "gathers its channels by a table"
  }

  private func labelTensor(_ labels: ChannelLabels, _ type: TensorType) -> Constant {
    let inner = type.shape[(labels.axis + 1)...].reduce(1, *)
    let outer = type.shape[..<labels.axis].reduce(1, *)
    var elements: [Int64] = []
    elements.reserveCapacity(type.count)
    let roots = labels.units.map { Int64(forest.root($0)) }
    for _ in 0..<outer {
      for root in roots { elements.append(contentsOf: repeatElement(root, count: inner)) }
    }
    return Constant(elements, .int64, type.shape)
  }

  /// The labels along the one axis that they depend on.
  ///
  /// Where there is none, along the axis that keeps the most units when the labels at each of its indices
  /// are made one. Heads of an attention go whole, however many there are.
  private mutating func collapse(
    _ tensor: Constant, _ result: ValueID, _ id: NodeID, isZero: Bool
  ) -> ChannelLabels? {
    let units = tensor.dense.array(of: Int.self)
    guard let first = units.first, units.contains(where: { $0 != UnitForest.fixed }) else {
      return nil
    }
    let shape = tensor.type.shape
    if shape.isEmpty { return refuseAll(units, id) }
    let columns = shape.indices.map { sets(units, shape, axis: $0) }
    let exact = shape.indices.filter { columns[$0].allSatisfy { $0.count == 1 } }
    let isChannelOperator = graph[id].op is DepthToSpace || graph[id].op is SpaceToDepth
    var candidates = !exact.isEmpty ? exact : isChannelOperator ? [1] : Array(shape.indices)
    if exact.isEmpty, prunesHeads, let heads = heads(candidates, columns, result) {
      candidates = [heads]
    }
    let counts = candidates.map { classes(columns[$0]) }
    guard let most = counts.max(), most > 0,
      let axis = candidates.indices.filter({ counts[$0] == most }).map({ candidates[$0] })
        .max(by: { preference($0) < preference($1) })
    else { return refuseAll(units, id) }
    let refusal = reason(id, "mixes its channels with others")
    var chosen: [Int] = []
    for set in columns[axis] {
      let representative = set.min() ?? first
      for unit in set { forest.couple(representative, unit, otherwise: refusal) }
      chosen.append(representative)
    }
    return ChannelLabels(axis: axis, units: chosen, isZero: isZero)
  }

  /// The axis along which the heads of an attention lie.
  private func heads(_ axes: [Int], _ columns: [[Set<Int>]], _ value: ValueID) -> Int? {
    var search = HeadSearch(graph, uses) { computed.contains($0) }
    return axes.first { classes(columns[$0]) >= 2 && search.isHeads($0, of: value) }
  }

  /// Channels usually lie on axis 1, else behind.
  private func preference(_ axis: Int) -> Int { axis == 1 ? .max : axis }

  private mutating func refuseAll(_ units: [Int], _ id: NodeID) -> ChannelLabels? {
    for unit in Set(units) { forest.refuse(unit, reason(id, "leaves no axis of whole channels")) }
    return nil
  }

  /// The labels that stand at each index of an axis.
  private func sets(_ units: [Int], _ shape: [Int], axis: Int) -> [Set<Int>] {
    let inner = shape[(axis + 1)...].reduce(1, *)
    var sets = [Set<Int>](repeating: [], count: shape[axis])
    var last = [Int](repeating: -1, count: shape[axis])
    for (place, unit) in units.enumerated() {
      let index = place / inner % shape[axis]
      if last[index] != unit {
        last[index] = unit
        sets[index].insert(unit)
      }
    }
    return sets
  }

  /// How many units would be left, if the labels of each set were made one.
  private func classes(_ sets: [Set<Int>]) -> Int {
    var trial = UnitForest()
    var numbers: [Int: Int] = [UnitForest.fixed: UnitForest.fixed]
    let refusal = Refusal(order: 0, text: "")
    for set in sets {
      var previous: Int?
      for unit in set.sorted() {
        let number = numbers[unit] ?? trial.make()
        numbers[unit] = number
        if let previous { trial.couple(previous, number, otherwise: refusal) }
        previous = number
      }
    }
    let roots = Set(numbers.values.map { trial.root($0) })
    return roots.count { $0 != UnitForest.fixed && trial.refusal($0) == nil }
  }
}
