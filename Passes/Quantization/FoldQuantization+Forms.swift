internal import CoppiceIR
internal import CoppicePassManager

extension Graph {
  /// Gives a node that requantizes the form that was asked for.
  ///
  /// `fast` where it is possible and, if `onnx` was asked for, where it is proven to store the same;
  /// means that can be ties keep their float sum in any case.
  ///
  /// - Returns: Whether the node changed.
  mutating func chooseForm(
    _ id: NodeID, _ form: Requantization.Form, _ context: inout PassContext
  ) -> Bool {
    guard let requantization = requantization(id), requantization.form == .onnx,
      let proof = requantizationProof(id)
    else { return false }
    var op = self[id].op
    if op is QLinearAveragePool {
      let isStrict = form == .onnx
      guard !reachesTies(id, isStrict: isStrict) else { return false }
    } else if form == .onnx {
      let isPair = op is QLinearAdd || op is QLinearMul
      guard isPair, proof.differing == 0 else { return false }
    }
    op.attributes["requantize"] = .string(Requantization.Form.fast.rawValue)
    guard inferredTypes(op, self[id].operands) != nil, let edit = context.edit(self[id]) else {
      return false
    }
    setOperator(id, op, operands: self[id].operands, by: edit)
    return true
  }

  /// Turns filters whose result is one number for all inputs into zeros with a bias.
  ///
  /// Such filters come with scales too small for any multiplier; what reads them can be pruned.
  /// Sums that leave int32 wrap around, and are no such number.
  ///
  /// - Returns: Whether there were any.
  mutating func foldDeadFilters(_ id: NodeID, _ context: inout PassContext) -> Bool {
    guard self[id].op is QLinearConv || self[id].op is QLinearMatMul,
      let dead = DeadFilters(id, in: self), let edit = context.edit(self[id])
    else { return false }
    replaceConstant(3, of: id, with: dead.weight, by: edit)
    replaceConstant(4, of: id, with: dead.scale, by: edit)
    let bias = self[id].operand(8)
    if bias != nil {
      replaceConstant(8, of: id, with: dead.bias, by: edit)
    } else {
      var operands = self[id].operands
      while operands.count < 8 { operands.append(nil) }
      operands.append(addConstant(dead.bias, name: self[id].name + "/bias", by: edit))
      setOperator(id, self[id].op, operands: operands, by: edit)
    }
    return true
  }
}

/// The constants of a layer whose dead filters are zeros.
private struct DeadFilters {
  let weight: Constant
  let scale: Constant
  let bias: Constant

  init?(_ id: NodeID, in graph: Graph) {
    let node = graph[id]
    guard let requantization = graph.requantization(id), let sums = graph.reachableSums(id),
      let weight = graph.constant(node.operand(3)), let scale = graph.constant(node.operand(4)),
      let x = graph.constant(node.operand(1))?.onlyNumber, scale.type.element == .float32,
      let y = graph.constant(node.operand(6))?.onlyNumber,
      let zero = graph.constant(node.operand(7))?.onlyNumber,
      let zeros = graph.constant(node.operand(5))?.integers, scale.type.count == sums.count
    else { return nil }
    var scales = scale.numbers.map { Float($0) }
    let given = graph.constant(node.operand(8))?.integers
    var bias = given ?? Array(repeating: 0, count: sums.count)
    var dead: [Bool] = []
    for (channel, range) in sums.enumerated() {
      guard let own = RequantizationScale.list([(Float(x), scales[channel], Float(y))])?.first
      else { return nil }
      let steps = RequantizationSteps(
        scale: own, zeroPoint: Int(zero), bounds: requantization.bounds, sums: range)
      let reached = steps.reached
      let isHeld = range.lowerBound >= Int(Int32.min) && range.upperBound <= Int(Int32.max)
      let isDead = isHeld && reached.count == 1 && range.count > 1
      dead.append(isDead)
      guard isDead else { continue }
      scales[channel] = Float(y / x / 256)
      bias[channel] = (reached.lowerBound - Int(zero)) * 256
    }
    guard dead.contains(true), let cleared = weight.clearing(dead, zeros, node.op is QLinearConv)
    else { return nil }
    self.weight = cleared
    self.scale = Constant(scales, .float32, scale.type.shape)
    self.bias = Constant(bias.map { Int32($0) }, .int32, [bias.count])
  }
}

extension Constant {
  /// The weight with what stands for zero in some output channels.
  fileprivate func clearing(_ dead: [Bool], _ zeros: [Int], _ isConvolution: Bool) -> Constant? {
    guard var integers else { return nil }
    let axis = isConvolution ? 0 : type.rank - 1
    let stride = max(rowMajorStrides(type.shape)[axis], 1)
    for index in integers.indices {
      let channel = index / stride % type.shape[axis]
      if dead[channel] { integers[index] = zeros[zeros.count == 1 ? 0 : channel] }
    }
    return Constant(integers.map { UInt8(truncatingIfNeeded: $0) }, type.element, type.shape)
  }
}
