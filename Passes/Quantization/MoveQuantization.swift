public import CoppiceIR
public import CoppicePassManager

/// Moves DequantizeLinear behind, and QuantizeLinear before, operators that only move elements.
///
/// ```
///   %a = DequantizeLinear(%x, %scale, %zero) : f32[1,4,4,4]
///   %b = Reshape(%a, %shape) : f32[1,64]
/// ```
/// becomes
/// ```
///   %c = Reshape(%x, %shape) : i8[1,64]
///   %b = DequantizeLinear(%c, %scale, %zero) : f32[1,64]
/// ```
///
/// What is moved past keeps or compares elements, so that nothing changes: reshapes, transposes,
/// slices, gathers, splits, maximum pools, nearest resizing, concatenations of one scale, and padding
/// by a number that has an integer of its own.
///
/// - Complexity: O(nodes).
public struct MoveQuantization: Pass {
  /// What the pass says about itself.
  public static let info = PassInfo(
    name: "move-quantization",
    summary: "Move QuantizeLinear and DequantizeLinear across what only moves elements",
    statistics: ["moves"])

  /// Makes the pass.
  ///
  /// - Parameter options: None are known.
  public init(options: PassOptions) {}

  /// Moves the one down in the order of the nodes, then the other up against it.
  ///
  /// - Parameters:
  ///   - graph: The graph.
  ///   - context: Permission and statistics.
  public func run(on graph: inout Graph, _ context: inout PassContext) {
    for id in graph.allNodes where graph.contains(id) && graph[id].op.movesElements {
      moveDown(id, &graph, &context)
    }
    for id in graph.allNodes.reversed() where graph.contains(id) && graph[id].op is QuantizeLinear {
      var quantizers = [id]
      while let next = quantizers.popLast() { quantizers += moveUp(next, &graph, &context) }
    }
  }

  private func moveDown(_ id: NodeID, _ graph: inout Graph, _ context: inout PassContext) {
    let before = graph.growth
    guard let pairs = graph.dequantizeResults(of: id, by: context.preparation),
      let edit = context.edit(graph[id])
    else { return graph.takeBack(to: before, by: context.preparation) }
    for (old, new) in pairs { graph.substitute(old, with: new, by: edit) }
    graph.removeNode(id, by: edit)
    context.count("moves")
  }

  /// Moves a quantizer up by one operator.
  ///
  /// - Returns: The quantizers of what the operator moves.
  private func moveUp(
    _ id: NodeID, _ graph: inout Graph, _ context: inout PassContext
  ) -> [NodeID] {
    let before = graph.growth
    guard let moved = graph.quantizeOperands(before: id, by: context.preparation),
      let edit = context.edit(graph[id])
    else {
      graph.takeBack(to: before, by: context.preparation)
      return []
    }
    graph.substitute(moved.old, with: moved.new, by: edit)
    graph.removeNode(id, by: edit)
    graph.removeNode(moved.inner, by: edit)
    context.count("moves")
    return moved.quantizers
  }
}

extension Operator {
  /// Whether every element of the results is one of operand 0, or of several, or a constant.
  fileprivate var movesElements: Bool {
    switch self {
    case is Reshape, is Flatten, is Squeeze, is Unsqueeze, is Transpose, is Slice, is Gather,
      is Expand, is Tile, is DepthToSpace, is SpaceToDepth, is MaxPool, is Split, is Concat, is Pad,
      is GlobalMaxPool:
      true
    case is Resize:
      settings.string("mode") == "nearest"
        && settings.string("coordinate_transformation_mode") != "tf_crop_and_resize"
    default: false
    }
  }

  /// The operands that hold elements.
  fileprivate func movedOperands(_ count: Int) -> Range<Int> {
    self is Concat ? 0..<count : 0..<min(count, 1)
  }
}

extension Graph {
  /// Makes an operator move integers and dequantizes its results.
  ///
  /// - Returns: The results, and what is to stand for them; `nil` where nothing can be moved.
  fileprivate mutating func dequantizeResults(
    of id: NodeID, by edit: Edit
  ) -> [(old: ValueID, new: ValueID)]? {
    let node = self[id]
    let moved = node.op.movedOperands(node.operands.count)
    guard let first = node.operand(0), let id0 = producer(first),
      self[id0].op is DequantizeLinear, let parameters = parameters(id0, past: node.op)
    else { return nil }
    let grid = dequantized(first)?.grid
    var operands = node.operands
    for index in moved {
      guard let producer = producer(node.operands[index]),
        self[producer].op is DequantizeLinear,
        producer == id0 || grid != nil && dequantized(node.operands[index])?.grid == grid
      else { return nil }
      operands[index] = self[producer].operand(0)
    }
    guard pad(node, grid, &operands, by: edit) else { return nil }
    let results = node.results.compactMap { $0 }
    guard results.count == node.results.count,
      let types = inferredTypes(node.op, operands, results: results.count),
      types.count >= results.count
    else { return nil }
    let inner = addNode(
      node.op, operands, types: types.prefix(results.count).map { $0 }, like: id, before: id,
      by: edit)
    var pairs: [(old: ValueID, new: ValueID)] = []
    for (old, integer) in zip(results, self[inner].results.compactMap { $0 }) {
      guard
        let new = insert(parameters.op, [integer] + parameters.operands, before: id, by: edit),
        self[new].type.shape == self[old].type.shape,
        self[new].type.element == self[old].type.element
      else { return nil }
      pairs.append((old, new))
    }
    return pairs
  }

  /// Gives a Pad the integer that it pads with.
  ///
  /// - Returns: Whether there is one, or the operator is no Pad.
  private mutating func pad(
    _ node: Node, _ grid: QuantizedGrid?, _ operands: inout [ValueID?], rounds: Bool = false,
    by edit: Edit
  ) -> Bool {
    guard node.op is Pad, node.op.settings.string("mode") == "constant" else {
      return true
    }
    guard let grid else { return false }
    var value = 0.0
    if let operand = node.operand(2) {
      guard let known = constant(operand)?.onlyNumber else { return false }
      value = known
    }
    let integer = grid.quantized(Float(value))
    guard rounds || Double(grid.real(integer)) == value else { return false }
    while operands.count < 3 { operands.append(nil) }
    operands[2] = addConstant(
      .scalar(Double(integer), grid.element), name: node.name + "/pad", by: edit)
    return true
  }

  /// Quantizes what an operator moves instead of its result.
  ///
  /// - Returns: The quantized value and what is to stand for it, the operator, and the new quantizers; `nil` where
  ///   nothing can be moved.
  fileprivate mutating func quantizeOperands(
    before id: NodeID, by edit: Edit
  ) -> (old: ValueID, new: ValueID, inner: NodeID, quantizers: [NodeID])? {
    guard let target = quantizer(id), let inner = onlyProducer(self[id].operand(0)),
      self[inner].op.movesElements, self[inner].results.count == 1
    else { return nil }
    let node = self[inner]
    var operands = node.operands
    var quantizers: [NodeID] = []
    guard pad(node, target.grid, &operands, rounds: true, by: edit) else { return nil }
    for index in node.op.movedOperands(operands.count) {
      guard let value = node.operands[index], self[value].type.element == .float32,
        let new = insert(
          self[id].op, [value] + Array(self[id].operands.dropFirst()), before: inner, by: edit),
        let quantizer = producer(new)
      else { return nil }
      operands[index] = new
      quantizers.append(quantizer)
    }
    guard let moved = insert(node.op, operands, before: inner, by: edit),
      self[moved].type.shape == self[target.value].type.shape,
      self[moved].type.element == self[target.value].type.element
    else { return nil }
    return (target.value, moved, inner, quantizers)
  }
}

extension Graph {
  /// The dequantizer as it stands behind the operator; one with several scales goes behind a
  /// transpose of a constant alone.
  fileprivate func parameters(
    _ id: NodeID, past op: any Operator
  ) -> (op: any Operator, operands: [ValueID?])? {
    let node = self[id]
    let operands = Array(node.operands.dropFirst())
    guard let scale = node.operand(1), node.op.settings.int("block_size") == 0 else { return nil }
    let zero = node.operand(2).map { self[$0].type.count } ?? 1
    if self[scale].type.count == 1, zero == 1 { return (node.op, operands) }
    guard let transpose = op as? Transpose, let x = node.operand(0), constant(x) != nil else {
      return nil
    }
    let rank = self[x].type.rank
    let given = node.op.settings.int("axis")
    var moved = node.op
    let axis = given < 0 ? given + rank : given
    guard let place = transpose.order(rank: rank).firstIndex(of: axis) else { return nil }
    moved.attributes["axis"] = .int(place)
    return (moved, operands)
  }
}
