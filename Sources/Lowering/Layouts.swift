import CoppiceIR

/// The memory layout of every computed value: channels first (row-major) or channels last.
///
/// Values that neutral operators connect (element-wise, pooling, depthwise convolution) share a
/// layout. A convolution with dense weights wants its result channels last, so that neighbouring
/// outputs share one activation; one with sparse weights wants both sides channels first, so that
/// one weight meets neighbouring positions.
struct Layouts {
  private var channelsLast: Set<ValueID> = []

  init(_ graph: Graph) {
    var groups = ValueGroups(graph.valueTable.count)
    var wantsLast: [ValueID] = []
    var wantsFirst: [ValueID] = []
    for id in graph.allNodes {
      let node = graph[id]
      guard let x = node.operand(0), let y = node.result, graph[y].type.rank == 4 else { continue }
      if node.op is Fused {
        continue
      } else if node.op is Conv, let w = node.operand(1) {
        let weight = graph[w].type.shape
        let isDepthwise =
          weight[1] == 1 && node.op.attributes.int("group", 1) == graph[x].type.shape[1]
        if graph.constant(w)?.storage.isSparse ?? false {
          wantsFirst += [x, y]
        } else {
          wantsLast.append(y)
          if isDepthwise { groups.join(x, y) }
        }
      } else if node.op is any Elementwise || node.op.name.hasSuffix("Pool") {
        for case let value? in node.operands
        where graph[value].type.rank == 4 && graph[value].type.shape[1] == graph[y].type.shape[1] {
          groups.join(value, y)
        }
      }
    }
    for id in graph.allNodes where graph[id].op is Fused {
      if let inner = graph[id].blocks.first.flatMap({ graph[$0].outputs.first }),
        let result = graph[id].result
      {
        groups.join(inner, result)
      }
    }
    let first = Set(wantsFirst.map { groups.root($0) })
    let last = Set(wantsLast.map { groups.root($0) }).subtracting(first)
    for index in graph.valueTable.indices {
      let value = ValueID(index: index)
      if graph[value].type.rank == 4, last.contains(groups.root(value)) {
        channelsLast.insert(value)
      }
    }
  }

  /// The strides of a computed value.
  func strides(_ value: ValueID, _ shape: [Int]) -> [Int]? {
    guard channelsLast.contains(value) else { return nil }
    let (c, h, w) = (shape[1], shape[2], shape[3])
    return [c * h * w, 1, w * c, c]
  }
}

/// Values joined into groups (union-find with path halving).
private struct ValueGroups {
  private var parent: [Int]

  init(_ count: Int) { parent = Array(0..<count) }

  mutating func root(_ value: ValueID) -> Int {
    var index = value.index
    while parent[index] != index {
      parent[index] = parent[parent[index]]
      index = parent[index]
    }
    return index
  }

  mutating func join(_ a: ValueID, _ b: ValueID) {
    let (x, y) = (root(a), root(b))
    parent[max(x, y)] = min(x, y)
  }
}
