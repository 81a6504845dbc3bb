internal import CoppiceIR

/// How a constant is read.
enum WeightReading {
  /// As a weight, by operators with sparse kernels.
  case weight(WeightSite)
  /// As a weight, but something reads it in a way that sparse kernels do not know.
  case refused(String)
  /// As a weight behind operators that move its elements, which have to be folded first.
  case carried(String)
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
  /// How the readers of a constant read it; `weight` is what `weights()` says of it.
  func weightReading(_ value: ValueID, _ weight: Weight?, _ uses: UseMap) -> WeightReading {
    guard let weight else { return .data }
    let direct = weight.readers.filter(\.carriers.isEmpty)
    guard !direct.isEmpty else {
      let carrier = weight.readers.first?.carriers.last.map { self[$0] }
      let name = carrier.map { "\($0.op.name) '\($0.name)'" } ?? ""
      return .carried("it is read behind \(name): fold constants first")
    }
    if direct.count < uses[value].count { return .refused("it is also read as data") }
    let sites = direct.map { sparseSite($0) }
    if let index = sites.firstIndex(where: { $0 == nil }) {
      return .refused("\(self[direct[index].node].op.name) has no sparse kernel for it")
    }
    let known = sites.compactMap { $0 }
    guard let first = known.first else { return .data }
    let isOneSided = known.allSatisfy { $0.rowAxis == first.rowAxis }
    return isOneSided ? .weight(first) : .refused("its readers see other rows")
  }

  private func sparseSite(_ reader: Weight.Reader) -> WeightSite? {
    let reading = reader.reading
    guard reading.walksNonzeros, let rowAxis = reading.rowAxis,
      let weight = self[reader.node].operand(reader.operand)
    else { return nil }
    let plain = WeightSite(rowAxis: rowAxis, use: WeightUse(.plain))
    switch reading.kind {
    case .convolution: return convolution(reader.node, self[weight].type) ?? plain
    case .product:
      let isRight = reading.input < reading.operand
      return isRight ? product(reader.node, weight, rowAxis: rowAxis) : plain
    case .recurrence:
      let shape = self[weight].type.shape
      let matrix = [shape[0] * shape[1], shape[2]]
      return WeightSite(rowAxis: rowAxis, use: WeightUse(.recurrent), matrix: matrix)
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
