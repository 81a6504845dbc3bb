import CoppiceIR

extension FilterAnalysis {
  /// Padding with a number adds channels that stay; what other modes repeat, and what negative pads
  /// cut off, depends on which channels are left.
  mutating func pad(_ id: NodeID, _ op: Pad) {
    let node = graph[id]
    for value in node.operands.dropFirst() { refuse(value, reason(id, "takes it as a parameter")) }
    guard let data = node.operand(0), let own = labels[data] else { return }
    guard let pads = try? op.pads(graph.inferenceContext(id)) else {
      return refuse(data, reason(id, "pads it by numbers that are not known now"))
    }
    let (before, after) = (pads.before[own.axis], pads.after[own.axis])
    let mode = op.settings.string("mode")
    let isConstant = mode == "constant"
    if before != 0 || after != 0 {
      guard isConstant else { return refuse(data, reason(id, "pads its channels by \(mode)")) }
      guard before >= 0, after >= 0 else {
        return refuse(data, reason(id, "cuts off some of its channels"))
      }
      guard own.units.count + before + after <= 1 << 24 else {
        return refuse(data, reason(id, "adds too many channels to follow"))
      }
    }
    let fixed = { (count: Int) in Array(repeating: UnitForest.fixed, count: count) }
    let zero = graph[data].type.element.isInteger ? graph.grid(of: data).map(\.zeroPoint) : 0
    let padding = node.operand(2) == nil ? 0 : graph.constant(node.operand(2))?.onlyNumber
    let keepsZeros = !isConstant || padding != nil && padding == zero.map { Double($0) }
    setLabels(
      id, own.axis, fixed(before) + own.units + fixed(after), isZero: own.isZero && keepsZeros)
  }
}
