internal import CoppiceIR

/// How a constant is read.
enum WeightReading {
  /// As a weight, by operators with sparse kernels.
  case weight(WeightSite)
  /// As a weight, but something reads it in a way that sparse kernels do not know.
  case refused(String)
  /// Never as a weight.
  case data
}

/// Where a weight is read, and as which matrix.
struct WeightSite {
  var rowAxis: Int
  var use: WeightUse
  /// The matrix whose rows are read, where it is not the weight seen along `rowAxis`.
  var matrix: [Int]?
}

extension Graph {
  /// How the readers of a constant read it.
  func weightReading(_ value: ValueID, _ uses: UseMap) -> WeightReading {
    var found: WeightSite?
    var refusal: String?
    var isWeight = false
    for use in uses[value] {
      guard case .operand(let node, let index) = use,
        self[node].op.weightOperands.contains(index)
      else {
        refusal = "it is also read as data"
        continue
      }
      isWeight = true
      if let site = sparseReading(node, index) {
        if let found, found.rowAxis != site.rowAxis { refusal = "its readers see other rows" }
        found = found ?? site
      } else {
        refusal = "\(self[node].op.name) has no sparse kernel for it"
      }
    }
    guard isWeight else { return .data }
    return refusal.map { .refused($0) } ?? found.map { .weight($0) } ?? .data
  }

  private func sparseReading(_ id: NodeID, _ index: Int) -> WeightSite? {
    let node = self[id]
    guard let weight = node.operand(index) else { return nil }
    let shape = self[weight].type.shape
    switch node.op.name {
    case "Conv": return convolution(id, self[weight].type)
    case "ConvTranspose":
      let isSingle = node.op.attributes.int("group", 1) == 1
      return isSingle ? WeightSite(rowAxis: 1, use: WeightUse(.plain)) : nil
    case "Gemm":
      return product(id, weight, rowAxis: node.op.attributes.flag("transB") ? 0 : 1)
    case "MatMul":
      guard shape.count == 2 else { return nil }
      return index == 1
        ? product(id, weight, rowAxis: 1) : WeightSite(rowAxis: 0, use: WeightUse(.plain))
    case "LSTM", "GRU", "RNN":
      guard shape.count == 3 else { return nil }
      let matrix = [shape[0] * shape[1], shape[2]]
      return WeightSite(rowAxis: 1, use: WeightUse(.recurrent), matrix: matrix)
    default: return nil
    }
  }

  private func convolution(_ id: NodeID, _ weight: TensorType) -> WeightSite? {
    let node = self[id]
    guard let conv = node.op as? Conv, let x = node.operand(0).map({ self[$0].type }),
      let window = try? conv.window(x, weight)
    else { return nil }
    guard weight.rank == 4, weight.element == .float32, x.rank == 4 else {
      return WeightSite(rowAxis: 0, use: WeightUse(.plain))
    }
    let isPointwise = window.kernel == [1, 1] && window.strides == [1, 1] && conv.group == 1
    let isDepthwise = conv.group > 1 && weight.shape[1] == 1
    let use = WeightUse(
      isDepthwise ? .depthwise : isPointwise ? .pointwise : .window, group: conv.group,
      resultRows: window.output[0], resultColumns: window.output[1],
      steps: window.strides.reduce(1) { min($0, 1 << 20) * min($1, 1 << 20) },
      inside: window.inside(Array(x.shape[2...])))
    return WeightSite(rowAxis: 0, use: use)
  }

  private func product(_ id: NodeID, _ weight: ValueID, rowAxis: Int) -> WeightSite {
    let shape = self[id].result.map { self[$0].type.shape } ?? []
    let rows = shape.count < 2 ? 1 : shape[shape.count - 2]
    let kind: WeightUse.Kind = self[weight].type.element == .float32 ? .product : .plain
    return WeightSite(rowAxis: rowAxis, use: WeightUse(kind, resultRows: rows))
  }
}

extension SpatialWindow {
  /// The part of all windows' elements that is not padding.
  fileprivate func inside(_ input: [Int]) -> Double {
    output.indices.reduce(1.0) { part, axis in
      var met = 0
      for tap in 0..<min(kernel[axis], 1024) {
        let shift = begin[axis] - tap * dilations[axis]
        let step = strides[axis]
        let first = max(0, (shift + step - 1) / step)
        let last = input[axis] - 1 + shift
        met += max(0, min(output[axis], last < 0 ? 0 : last / step + 1) - first)
      }
      let all = min(kernel[axis], 1024) * output[axis]
      return part * Double(met) / Double(max(all, 1))
    }
  }
}
