@_spi(RawEditing) package import CoppiceIR
package import CoppicePassManager

/// A graph with gates as further inputs, which are multiplied in where parts are read.
///
/// A gate belongs to slices of constants; the product stands where it costs least and computes the
/// same: behind the result of a layer whose filters and biases are gated alike, before what a layer
/// reads where the other side of its weight is gated, else behind the constant itself.
package struct GatedGraph {
  package private(set) var graph: Graph
  /// The gate of each element of each input that was added.
  package private(set) var tables: [[Int?]] = []
  /// What stands for a value that is gated, in place of the value.
  private(set) var replaced: [ValueID: ValueID] = [:]
  private var made: [Source: ValueID] = [:]

  private struct Source: Hashable {
    let element: ElementType
    let shape: [Int]
    let table: [Int?]
  }

  /// Inserts gates.
  ///
  /// - Parameters:
  ///   - graph: No node of it is fused.
  ///   - gates: Where it may be switched off.
  package init(_ graph: Graph, _ gates: ModelGates) {
    self.graph = graph
    let moved = gates.readings.map { Self.behindDequantization($0, graph) }
    let readings = Dictionary(grouping: moved) { $0.node }
    for node in graph.allNodes {
      if let own = readings[node] { insert(own, at: node) }
    }
  }

  /// A constant that is dequantized for one reader is gated where that one reads it.
  private static func behindDequantization(
    _ reading: ModelGates.Reading, _ graph: Graph
  ) -> ModelGates.Reading {
    guard graph[reading.node].op is DequantizeLinear, let result = graph[reading.node].result else {
      return reading
    }
    let uses = graph.uses()[result]
    guard uses.count == 1, case .operand(let node, let operand)? = uses.first else {
      return reading
    }
    return ModelGates.Reading(
      node: node, operand: operand, axis: reading.axis, gates: reading.gates)
  }

  private mutating func insert(_ readings: [ModelGates.Reading], at node: NodeID) {
    var left = readings
    for reading in readings where left.contains(reading) {
      guard let sides = graph.gateSides(of: reading) else { continue }
      switch sides {
      case .read(let operand, let axis, let table):
        gate(operand, of: node, axis: axis, table)
      case .result(let axis, let table, let together):
        let partners = together.map { operand in
          left.first { $0.operand == operand && $0.gates == table }
        }
        guard !partners.contains(nil) else { continue }
        left.removeAll { partners.contains($0) }
        gateResult(of: node, axis: axis, table)
      }
      left.removeAll { $0 == reading }
    }
    for reading in left { gate(reading.operand, of: node, axis: reading.axis, reading.gates) }
  }

  private mutating func gate(_ operand: Int, of node: NodeID, axis: Int, _ table: [Int?]) {
    guard let value = graph[node].operand(operand),
      let product = product(value, axis, table, before: node)
    else { return }
    graph.setOperand(operand, of: node, to: graph[product].result, by: "gate")
  }

  private mutating func gateResult(of node: NodeID, axis: Int, _ table: [Int?]) {
    guard let value = graph[node].result else { return }
    let list = graph[graph[node].parent].nodes
    let place = list.firstIndex(of: node).map { list.index(after: $0) }
    let next = place.flatMap { $0 == list.endIndex ? nil : list[$0] }
    guard let product = product(value, axis, table, before: next, in: graph[node].parent),
      let gated = graph[product].result
    else { return }
    graph.replaceUses(of: value, with: gated, by: "gate")
    graph.setOperand(0, of: product, to: value, by: "gate")
    replaced[value] = gated
  }

  /// A product with gates along an axis; `nil` when none of them is ever off.
  private mutating func product(
    _ value: ValueID, _ axis: Int, _ table: [Int?], before anchor: NodeID?, in block: BlockID? = nil
  ) -> NodeID? {
    guard table.contains(where: { $0 != nil }) else { return nil }
    let type = graph[value].type
    let ones = Array(repeating: 1, count: type.rank - axis - 1)
    let source = Source(element: type.element, shape: [table.count] + ones, table: table)
    let input: ValueID
    if let known = made[source] {
      input = known
    } else {
      input = graph.addInput("gates", TensorType(type.element, source.shape))
      made[source] = input
      tables.append(table)
    }
    return graph.addNode(
      Mul(), [value, input], types: [TensorType(type.element, type.shape)], name: "gate",
      trail: ["gate"], in: block, before: anchor)
  }
}

/// Where else a gated slice of a node's constant may be gated.
private enum GateSides {
  /// The operand that the slice is multiplied with.
  case read(operand: Int, axis: Int, table: [Int?])
  /// The result, when these operands are gated alike.
  case result(axis: Int, table: [Int?], together: [Int])
}

extension Graph {
  fileprivate func gateSides(of reading: ModelGates.Reading) -> GateSides? {
    let node = self[reading.node]
    let (axis, table) = (reading.axis, reading.gates)
    let bias = node.operand(2) == nil ? [] : [2]
    switch node.op {
    case let op as Conv where reading.operand == 1:
      if axis == 0 { return .result(axis: 1, table: table, together: bias) }
      return axis == 1 ? .read(operand: 0, axis: 1, table: tiled(table, op.group)) : nil
    case let op as ConvTranspose where reading.operand == 1:
      if axis == 0 { return .read(operand: 0, axis: 1, table: table) }
      return .result(axis: 1, table: tiled(table, op.group), together: bias)
    case let op as Gemm where reading.operand == 1:
      if axis == (op.transB ? 0 : 1) { return .result(axis: 1, table: table, together: bias) }
      return .read(operand: 0, axis: op.transA ? 0 : 1, table: table)
    case is MatMul: return productSides(reading)
    case is RNN, is LSTM, is GRU:
      return reading.operand == 1 && axis == 2 ? .read(operand: 0, axis: 2, table: table) : nil
    case is BatchNormalization, is InstanceNormalization:
      guard reading.operand == 1 || reading.operand == 2 else { return nil }
      return .result(axis: 1, table: table, together: [3 - reading.operand])
    default: return nil
    }
  }

  private func productSides(_ reading: ModelGates.Reading) -> GateSides? {
    let node = self[reading.node]
    guard let weight = node.operand(reading.operand), let other = node.operand(1 - reading.operand),
      let result = node.result
    else { return nil }
    let (rank, otherRank) = (self[weight].type.rank, self[other].type.rank)
    let fromEnd = rank - reading.axis
    guard rank >= 2, otherRank >= 1, fromEnd <= 2 else { return nil }
    let isFilter = fromEnd == (reading.operand == 1 ? 1 : 2)
    if isFilter {
      let axis = self[result].type.rank - (reading.operand == 0 && otherRank == 1 ? 1 : fromEnd)
      return .result(axis: axis, table: reading.gates, together: [])
    }
    let axis = otherRank == 1 ? 0 : otherRank - (reading.operand == 1 ? 1 : 2)
    return .read(operand: 1 - reading.operand, axis: axis, table: reading.gates)
  }

  private func tiled(_ table: [Int?], _ count: Int) -> [Int?] { (0..<count).flatMap { _ in table } }
}
