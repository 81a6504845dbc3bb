import CoppiceIR

/// Chooses, together, the layout of every group of values and the storage of every weight that may
/// change.
///
/// A group has its channels first or last as a whole, or first in planes that begin on whole vectors.
/// The cost of a weight is the sum of the best plans of its readers under the layouts of their
/// groups. From three starts (all last, all first, and first only where that serves a sparse weight)
/// single groups are turned while the sum falls, then runs of groups at the begin or the end.
final class LayoutPlanner {
  let graph: Graph
  let target: Target
  let counter: WeightCounter
  /// The weights in the order of their first readers.
  private(set) var weights: [ReadWeight] = []
  /// Values that are computed into outputs of the model, row-major.
  private let placed: [ValueID: Int]
  private var groups: ValueGroups
  /// Groups that may have their channels last, and the weights whose cost depends on each.
  private var members: [ValueID: [Int]] = [:]
  private var order: [ValueID] = []
  private var known: [Key: (cost: Double, bytes: Int)] = [:]
  /// Sites by their key as dense: storages share views and measures.
  private var sites: [Key: Site] = [:]
  /// The layout of each group.
  private var chosen: [ValueID: Layout] = [:]
  /// The zeros that windows need around the planes of each group, in rows.
  private let margins: PlaneMargins
  /// Elements that are copied if a group does not lie row-major.
  private var copies: [ValueID: Int] = [:]

  private struct Key: Hashable {
    var weight: Int
    var reader: Int
    var storage: StorageKind
    var layouts: [Layout]
  }

  /// Finds groups and weights.
  ///
  /// - Parameters:
  ///   - graph: A prepared graph.
  ///   - target: What was measured.
  ///   - counter: Counts weights.
  init(_ graph: Graph, _ target: Target, _ counter: WeightCounter) {
    self.graph = graph
    self.target = target
    self.counter = counter
    placed = graph.placedInOutputs
    groups = ValueGroups(graph)
    margins = PlaneMargins(graph, &groups)
    findGroups()
    findWeights()
    findBorders()
  }

  /// Only what a convolution computes may have its channels last.
  private func findGroups() {
    for id in graph.allNodes where graph[id].op is Conv || graph[id].op is QLinearConv {
      guard let y = graph[id].result, graph[y].type.rank == 4 else { continue }
      let group = groups.root(y)
      if members[group] == nil { order.append(group) }
      members[group] = []
    }
  }

  private func findWeights() {
    var found: [ValueID: Int] = [:]
    for id in graph.nodes {
      guard let computation = graph.computation(id) else { continue }
      let node = graph[computation.head]
      for operand in node.op.weightOperands.sorted() {
        guard let value = node.operand(operand), graph.constant(value) != nil else { continue }
        let number = found[value] ?? weights.count
        if number == weights.count { weights.append(ReadWeight(value: value)) }
        found[value] = number
        let reader = WeightReader(
          computation: computation, results: graph[id].results, operand: operand,
          groups: (node.operand(0).flatMap { group($0) }, graph[id].result.flatMap { group($0) }))
        weights[number].readers.append(reader)
        for case let group? in Set([reader.groups.x, reader.groups.y]) {
          members[group]?.append(number)
        }
      }
    }
  }

  /// Reshapes and their like, which are views of what is row-major only.
  private func findBorders() {
    for id in graph.nodes {
      guard let x = graph[id].operand(0), let group = group(x), graph[x].type.rank == 4 else {
        continue
      }
      let (op, context) = (graph[id].op, graph.inferenceContext(id))
      var turned = rowMajor(x)
      guard op.view(of: turned, context) != nil else { continue }
      turned.strides = Layout.last(turned.shape)
      if op.view(of: turned, context) == nil { copies[group, default: 0] += turned.count }
    }
  }

  /// The group of a value, if it may have its channels last; views belong to what they view.
  private func group(_ value: ValueID) -> ValueID? {
    var value = value
    while graph.constant(value) == nil, let node = graph.producer(value),
      let source = graph[node].operand(0), let y = graph[node].result, y == value,
      isView(node, of: source)
    {
      value = source
    }
    guard graph[value].type.rank == 4, placed[value] == nil else { return nil }
    let group = groups.root(value)
    return members[group] == nil ? nil : group
  }

  /// Whether a node gives a view of its operand where that is row-major; else it never does.
  private func isView(_ node: NodeID, of source: ValueID) -> Bool {
    graph[node].op.view(of: rowMajor(source), graph.inferenceContext(node)) != nil
  }

  private func rowMajor(_ value: ValueID) -> TensorView {
    let type = graph[value].type
    return TensorView(Buffer(id: -1, element: type.element, count: type.count), type.shape)
  }

  /// The layouts as they were chosen.
  var layouts: Layouts {
    var values: [ValueID: ValuePlace] = [:]
    for index in graph.valueTable.indices {
      let value = ValueID(index: index)
      values[value] = place(value)
    }
    return Layouts(values)
  }

  /// Where a value's elements lie in its memory; `nil` for row-major.
  private func place(_ value: ValueID) -> ValuePlace? {
    let type = graph[value].type
    guard type.rank == 4 else { return nil }
    let group = groups.root(value)
    switch chosen[group] ?? .first {
    case .first: return nil
    case .last: return ValuePlace(strides: Layout.last(type.shape), count: type.count)
    case .planes: return margins.place(group, type, lanes: target.lanes(of: type.element))
    }
  }

  /// The layouts that a group may have.
  private func options(_ group: ValueID) -> [Layout] {
    let (type, lanes) = (graph[group].type, target.lanes(of: graph[group].type.element))
    let hasPlanes =
      target.hasWideVectors && lanes > 1 && 2 * type.shape[2] * type.shape[3] >= lanes
    return hasPlanes ? Layout.allCases : [.last, .first]
  }
}

extension LayoutPlanner {
  /// The layouts that serve the storages as they are best.
  ///
  /// - Parameters:
  ///   - graph: A prepared graph.
  ///   - target: What was measured.
  ///   - counter: Counts weights.
  ///   - storages: Storages to plan with instead of those that constants have.
  /// - Returns: The layouts.
  static func layouts(
    _ graph: Graph, _ target: Target, _ counter: WeightCounter,
    _ storages: [ValueID: StorageKind]
  ) -> Layouts {
    let planner = LayoutPlanner(graph, target, counter)
    planner.settle { number in
      let value = planner.weights[number].value
      let storage = storages[value] ?? graph.constant(value)?.storage.kind ?? .dense
      let (time, bytes) = planner.cost(number, storage)
      return StorageScore(bytes: Double(bytes), time: time, isSparse: storage.isSparse)
    }
    return planner.layouts
  }
}

// MARK: - Costs

extension LayoutPlanner {
  /// What a weight costs in a storage, as things lie now.
  func cost(_ weight: Int, _ storage: StorageKind) -> (cost: Double, bytes: Int) {
    weights[weight].readers.indices.reduce((0, 0)) { sum, reader in
      let part = cost(weight, reader, storage)
      return (sum.0 + part.cost, max(sum.1, part.bytes))
    }
  }

  private func cost(
    _ weight: Int, _ reader: Int, _ storage: StorageKind
  ) -> (cost: Double, bytes: Int) {
    let (x, y) = weights[weight].readers[reader].groups
    let layouts = [x, y].map { $0.flatMap { chosen[$0] } ?? .first }
    let key = Key(weight: weight, reader: reader, storage: storage, layouts: layouts)
    if let found = known[key] { return found }
    let place = Key(weight: weight, reader: reader, storage: .dense, layouts: layouts)
    let site = sites[place] ?? site(weights[weight].readers[reader])
    sites[place] = site
    let plan = site.best(storage, target)
    let result = (plan?.cost ?? .infinity, plan?.bytes ?? .max)
    known[key] = result
    return result
  }

  private func site(_ reader: WeightReader) -> Site {
    var seen: [ValueID: TensorView] = [:]
    return Site(
      reader.computation, results: reader.results, counter, weightOperand: reader.operand,
      planes: { [self] in isPlaced($0) ? place($0)?.planes : nil }
    ) { [self] in view($0, &seen) }
  }

  /// Where a value would lie.
  private func view(_ value: ValueID, _ seen: inout [ValueID: TensorView]) -> TensorView {
    if let view = seen[value] { return view }
    var result = rowMajor(value)
    if let constant = graph.constant(value) {
      if constant.storage.isUniform { result.strides = result.strides.map { _ in 0 } }
    } else if let node = graph.producer(value), let source = graph[node].operand(0),
      let index = graph[node].results.firstIndex(of: value), placed[value] == nil,
      isView(node, of: source),
      let views = graph[node].op.view(of: view(source, &seen), graph.inferenceContext(node))
    {
      result = views[index]
    } else if isPlaced(value), let place = place(value) {
      let buffer = Buffer(id: -1, element: result.element, count: place.count)
      result = TensorView(
        buffer, result.shape, strides: place.strides, offset: place.planes?.start ?? 0)
    }
    seen[value] = result
    return result
  }

  /// Whether a value has memory of its own whose layout is chosen.
  private func isPlaced(_ value: ValueID) -> Bool {
    graph[value].type.rank == 4 && placed[value] == nil && graph.producer(value) != nil
  }
}

// MARK: - Choosing

extension LayoutPlanner {
  /// How the storage of a weight follows from the layouts.
  typealias Choice = (_ weight: Int) -> StorageScore

  /// Turns groups while that is better.
  ///
  /// - Parameter choice: What each weight would cost in its best storage.
  func settle(_ choice: Choice) {
    var best: (layouts: [ValueID: Layout], score: StorageScore)?
    func consider() {
      let score = total(Array(weights.indices), order, choice)
      if best.map({ score.isBetter(than: $0.score) }) ?? true { best = (chosen, score) }
    }
    for start in starts(choice) {
      chosen = start
      // What single turns gain is counted on both sides of a convolution: the whole has the last word.
      consider()
      descend(choice)
      consider()
    }
    for runs in 0..<2 where order.count <= 64 && target.hasWideVectors {
      let before = best?.score
      for cut in order.indices {
        for layout in Layout.allCases {
          turn(runs == 0 ? order[cut...] : order[...cut], to: layout, from: best?.layouts)
          consider()
        }
      }
      if let before, let score = best?.score, score.isBetter(than: before) {
        chosen = best?.layouts ?? [:]
        descend(choice)
        consider()
      }
    }
    chosen = best?.layouts ?? [:]
  }

  /// Gives neighbouring groups one layout: what lies between two of them gains only if both turn.
  private func turn(
    _ groups: ArraySlice<ValueID>, to layout: Layout, from layouts: [ValueID: Layout]?
  ) {
    chosen = layouts ?? [:]
    for group in groups where options(group).contains(layout) { chosen[group] = layout }
  }

  private func starts(_ choice: Choice) -> [[ValueID: Layout]] {
    if order.isEmpty { return [[:]] }
    let all = Dictionary(uniqueKeysWithValues: order.map { ($0, Layout.last) })
    let first = Dictionary(
      uniqueKeysWithValues: order.map { group in
        (group, options(group).contains(.planes) ? Layout.planes : .first)
      })
    chosen = first
    var mixed = all
    for (number, weight) in weights.enumerated() where choice(number).isSparse {
      for reader in weight.readers {
        for case let group? in [reader.groups.x, reader.groups.y] { mixed[group] = first[group] }
      }
    }
    return mixed == all ? [all] : mixed == first ? [all, mixed] : [all, mixed, first]
  }

  private func descend(_ choice: Choice) {
    for _ in 0..<8 {
      var changed = false
      for group in order {
        let touched = members[group] ?? []
        var (best, least) = (chosen[group], total(touched, [group], choice))
        for layout in options(group) where layout != best {
          chosen[group] = layout
          let score = total(touched, [group], choice)
          if score.isBetter(than: least) { (best, least, changed) = (layout, score, true) }
        }
        chosen[group] = best
      }
      if !changed { return }
    }
  }

  private func total(
    _ numbers: [Int], _ groups: [ValueID], _ choice: Choice
  ) -> StorageScore {
    var sum = StorageScore()
    for number in numbers { sum.add(choice(number)) }
    let elements = groups.reduce(0) {
      $0 + (chosen[$1] ?? .first == .first ? 0 : copies[$1, default: 0])
    }
    sum.time += Double(elements) * target.costs.copy
    return sum
  }
}
