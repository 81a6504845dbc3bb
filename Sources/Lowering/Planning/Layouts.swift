import CoppiceIR

/// How the elements of a tensor of rank 4 may lie.
enum Layout: CaseIterable {
  /// Channels side by side.
  case last
  /// Row-major.
  case first
  /// Row-major in each plane; planes begin on whole vectors.
  case planes

  /// The strides of a tensor with its channels last.
  static func last(_ shape: [Int]) -> [Int] {
    let (c, h, w) = (shape[1], shape[2], shape[3])
    return [c * h * w, 1, w * c, c]
  }
}

/// Where the elements of a value lie in its memory.
struct ValuePlace {
  var strides: [Int]
  /// Elements of the memory.
  var count: Int
  /// The planes, if it has any.
  var planes: PlaneShape?
}

/// The memory layout of every computed value.
struct Layouts {
  private var places: [ValueID: ValuePlace] = [:]

  /// Values that do not lie row-major.
  init(_ places: [ValueID: ValuePlace]) { self.places = places }

  /// Where a value's elements lie; `nil` for row-major.
  subscript(value: ValueID) -> ValuePlace? { places[value] }
}

/// The zeros that windows need around the planes of values.
struct PlaneMargins {
  /// Rows above and below, elements beyond them, and elements that are read beside whatever they are,
  /// by group.
  private var rows: [ValueID: (above: Int, below: Int, beyond: Int, beside: Int)] = [:]

  /// Looks at the convolutions that sums of whole planes can serve.
  init(_ graph: Graph, _ groups: inout ValueGroups) {
    for id in graph.allNodes {
      let node = graph[id]
      guard let op = node.op as? Conv, let x = node.operand(0), let w = node.operand(1),
        graph[x].type.rank == 4,
        let window = try? op.window(graph[x].type.shape, graph[w].type.shape)
      else { continue }
      let isEven = window.strides == [1, 1]
      let isTaken = op.group == graph[x].type.shape[1] && op.group > 1
      guard isEven || isTaken else { continue }
      let below = Self.beyond(0, window, graph[x].type.shape[2])
      let right = Self.beyond(1, window, graph[x].type.shape[3])
      let isNarrower = !isEven || window.output[1] != graph[x].type.shape[3]
      let aside = max(window.begin[1], right)
      let (beyond, beside) = isTaken && isNarrower ? (aside, 0) : (0, aside)
      let known = rows[groups.root(x)] ?? (0, 0, 0, 0)
      rows[groups.root(x)] = (
        max(known.above, window.begin[0]), max(known.below, below), max(known.beyond, beyond),
        max(known.beside, beside)
      )
    }
  }

  /// How far windows reach beyond the last of some rows or columns.
  private static func beyond(_ axis: Int, _ window: SpatialWindow, _ extent: Int) -> Int {
    let last = (window.output[axis] - 1) * window.strides[axis] + window.reach(axis) - 1
    return max(0, last - window.begin[axis] - (extent - 1))
  }

  /// Where a value of a group lies in planes.
  func place(_ group: ValueID, _ type: TensorType, lanes: Int) -> ValuePlace {
    let (above, below, beyond, beside) = rows[group] ?? (0, 0, 0, 0)
    let (width, channels) = (type.shape[3], type.shape[1])
    let planes = PlaneShape(
      elements: type.shape[2] * width, above: above * width + beyond,
      below: below * width + beyond, beside: beside, lanes: lanes)
    return ValuePlace(
      strides: [channels * planes.step, planes.step, width, 1],
      count: planes.count(channels: channels, images: type.shape[0]), planes: planes)
  }
}

/// Values joined into groups that share a layout (union-find with path halving).
struct ValueGroups {
  private var parent: [Int]

  /// Joins what neutral operators connect: element-wise operators, pooling, convolutions with a
  /// filter for each channel, and channels put one behind the other.
  init(_ graph: Graph) {
    parent = Array(graph.valueTable.indices)
    for id in graph.allNodes {
      let node = graph[id]
      guard let y = node.result, graph[y].type.rank == 4 else { continue }
      if node.op is Fused {
        if let inner = node.blocks.first.flatMap({ graph[$0].outputs.first }) { join(inner, y) }
      } else if let conv = node.op as? Conv, let x = node.operand(0), let w = node.operand(1) {
        if graph[w].type.shape[1] == 1, conv.group == graph[x].type.shape[1] { join(x, y) }
      } else if graph.joinsChannels(id) {
        for case let value? in node.operands { join(value, y) }
      } else if node.op is any Elementwise || node.op is any PositionKeeping
        || node.op is any Pooling
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

extension Graph {
  /// Whether a node puts channels one behind the other for readers that serve any layout.
  fileprivate func joinsChannels(_ id: NodeID) -> Bool {
    guard let concat = self[id].op as? Concat, let y = self[id].result else { return false }
    let axis = concat.settings.int("axis")
    return (axis == 1 || axis == -3)
      && uses(of: y).allSatisfy { use in
        guard case .operand(let reader, _) = use else { return true }
        let op = self[reader].op
        return op is Conv || op is Concat || op is Fused || op is any Elementwise
          || op is any PositionKeeping || op is any Pooling
      }
  }
}
