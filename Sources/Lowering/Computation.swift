import CoppiceIR

/// A node with the element-wise tail that is applied where it stores.
struct Computation {
  /// The producer.
  let head: NodeID
  /// The tail in order.
  let tail: [NodeID]
  let graph: Graph

  /// The producer's operator.
  var op: any Operator { graph[head].op }

  /// The operators by name, the producer's first.
  var operators: [String] { ([head] + tail).map { graph[$0].op.name } }

  /// For each node of the tail its operands, with `nil` for those that are in the chain or absent.
  var tailOperands: [[ValueID?]] {
    let chain = [graph[head].result] + tail.map { graph[$0].result }
    return tail.map { node in
      graph[node].operands.map { $0.flatMap { chain.contains($0) ? nil : $0 } }
    }
  }

  /// The extents of the first operand and the weights, and of the first result.
  var shapes: (operands: [[Int]], result: [Int]) {
    let node = graph[head]
    let told = [0] + node.op.weightOperands.filter { $0 != 0 }
    let result = node.results.lazy.compactMap { $0 }.first
    return (
      told.compactMap { node.operand($0).map { graph[$0].type.shape } },
      result.map { graph[$0].type.shape } ?? []
    )
  }

  /// Multiply-accumulates with every weight, and with the nonzero ones.
  var macs: (dense: Int, nonzero: Int) { graph.macs(of: head) }
}

extension ModelLowering {
  /// Makes the builder apply the tail to everything that is stored to result 0.
  func attachTail(_ computation: Computation, _ results: [TensorView?], _ builder: LoopBuilder) {
    guard !computation.tail.isEmpty, let final = results.first ?? nil else { return }
    let tail = computation.tail.map { graph[$0] }
    let others = computation.tailOperands.map { $0.map { $0.flatMap { view($0) } } }
    builder.outputBuffer = final.buffer
    builder.tailViews = others.flatMap { $0.compactMap { $0?.broadcast(to: final.shape) } }
    let kept = ([graph[computation.head]] + tail).map { node in
      node.result.map { graph[$0].type.element } ?? final.element
    }
    builder.epilogue = { index, value, builder in
      var value = builder.define("y", value.rounded(to: kept[0]))
      for ((node, views), element) in zip(zip(tail, others), kept.dropFirst()) {
        guard let op = node.op as? any Elementwise else { continue }
        let operands = zip(node.operands, views).compactMap { id, view -> Expr? in
          guard id != nil else { return nil }
          guard let view else { return value }
          return builder.elements(view.broadcast(to: final.shape), index, value.lanes)
        }
        value = op.scalar(operands, builder).splatted(value.lanes).rounded(to: element)
        value = builder.define("t", value)
      }
      return value
    }
  }

  /// Buffers that result 0 may overwrite.
  func overwritable(
    _ computation: Computation, _ builder: LoopBuilder, _ result: TensorView
  ) -> [Buffer] {
    func same(_ view: TensorView?) -> Bool {
      guard let view, view.shape == result.shape, view.offset == result.offset,
        view.buffer.count == result.buffer.count,
        view.stored.bits == result.stored.bits, view.stored.bits >= 8,
        case .arena = program.slots[view.buffer.id].role
      else { return false }
      return zip(view.shape, zip(view.strides, result.strides)).allSatisfy {
        $0 == 1 || $1.0 == $1.1
      }
    }
    var found: [Buffer] = []
    for index in computation.op.inPlaceOperands where index < builder.operands.count {
      if let view = builder.operands[index], same(view) { found.append(view.buffer) }
    }
    for id in computation.tail {
      for case let value? in graph[id].operands where graph.constant(value) == nil {
        if let view = views[value], same(view) { found.append(view.buffer) }
      }
    }
    let headReads = Set(
      graph[computation.head].operands.indices.filter {
        !computation.op.inPlaceOperands.contains($0)
      }.compactMap { builder.operands[$0]?.buffer })
    return found.filter { !headReads.contains($0) }
  }
}

extension Expr {
  /// What a type that kernels do not compute in keeps of the value.
  fileprivate func rounded(to element: ElementType) -> Expr {
    if element.isNative { return self }
    if case .convert(_, .element(element)) = self { return self }
    return .convert(self, .element(element))
  }
}
