import CoppiceIR

/// The memory layout of every computed value: channels first (row-major) or channels last.
struct Layouts {
  private var channelsLast: Set<ValueID> = []

  /// All values row-major.
  init() {}

  /// Some values with their channels last.
  init(channelsLast: Set<ValueID>) { self.channelsLast = channelsLast }

  /// The strides of a computed value; `nil` for row-major.
  func strides(_ value: ValueID, _ shape: [Int]) -> [Int]? {
    channelsLast.contains(value) ? Self.last(shape) : nil
  }

  /// The strides of a tensor of rank 4 with its channels last.
  static func last(_ shape: [Int]) -> [Int] {
    let (c, h, w) = (shape[1], shape[2], shape[3])
    return [c * h * w, 1, w * c, c]
  }
}

/// Values joined into groups that share a layout (union-find with path halving).
struct ValueGroups {
  private var parent: [Int]

  /// Joins what neutral operators connect: element-wise operators, pooling, and convolutions with a
  /// filter for each channel.
  init(_ graph: Graph) {
    parent = Array(graph.valueTable.indices)
    for id in graph.allNodes {
      let node = graph[id]
      guard let y = node.result, graph[y].type.rank == 4 else { continue }
      if node.op is Fused {
        if let inner = node.blocks.first.flatMap({ graph[$0].outputs.first }) { join(inner, y) }
      } else if let conv = node.op as? Conv, let x = node.operand(0), let w = node.operand(1) {
        if graph[w].type.shape[1] == 1, conv.group == graph[x].type.shape[1] { join(x, y) }
      } else if node.op is any Elementwise || node.op is any PositionKeeping
        || node.op.name.hasSuffix("Pool")
      {
        for case let value? in node.operands
        where graph[value].type.rank == 4 && graph[value].type.shape[1] == graph[y].type.shape[1] {
          join(value, y)
        }
      }
    }
  }

  /// The value that stands for the group of a value.
  mutating func root(_ value: ValueID) -> ValueID {
    var index = value.index
    while parent[index] != index {
      parent[index] = parent[parent[index]]
      index = parent[index]
    }
    return ValueID(index: index)
  }

  private mutating func join(_ a: ValueID, _ b: ValueID) {
    let (x, y) = (root(a).index, root(b).index)
    parent[max(x, y)] = min(x, y)
  }
}
