/// What passes do to a graph. Each takes constant time, or what it says, and no copy of the graph.
extension Graph {
  /// Adds a constant.
  ///
  /// - Parameters:
  ///   - constant: Its elements; nothing is copied.
  ///   - name: The wanted name.
  ///   - edit: From the context.
  /// - Returns: The new value.
  public mutating func addConstant(_ constant: Constant, name: String, by edit: Edit) -> ValueID {
    addConstant(constant, name: name)
  }

  /// Gives a constant other elements, storage or shape.
  ///
  /// - Parameters:
  ///   - value: A value that is a constant.
  ///   - constant: The new elements.
  ///   - edit: From the context.
  public mutating func setConstant(_ value: ValueID, _ constant: Constant, by edit: Edit) {
    setConstant(value, constant, by: edit.pass)
  }

  /// Forgets a constant that nobody reads, and frees its elements.
  ///
  /// - Parameters:
  ///   - value: A value that is a constant.
  ///   - edit: From the context.
  public mutating func removeConstant(_ value: ValueID, by edit: Edit) { removeConstant(value) }

  /// Adds a node before another; the pass is added to its trail.
  ///
  /// - Parameters:
  ///   - op: What it computes.
  ///   - operands: What it reads.
  ///   - types: The types of the results; `nil` for a result nobody needs.
  ///   - source: The node that it stands for: its name, its origin and its trail are taken.
  ///   - anchor: The node to stand before.
  ///   - edit: From the context.
  /// - Returns: The new node.
  @discardableResult
  public mutating func addNode(
    _ op: any Operator, _ operands: [ValueID?], types: [TensorType?], like source: NodeID,
    before anchor: NodeID, by edit: Edit
  ) -> NodeID {
    let source = self[source]
    return addNode(
      op, operands, types: types, name: source.name, origin: source.origin,
      trail: source.trail + [edit.pass], before: anchor)
  }

  /// Replaces what a node computes; results keep their ids.
  ///
  /// - Parameters:
  ///   - node: Of this graph.
  ///   - op: The new operator.
  ///   - operands: The new operands; unchanged if none are given.
  ///   - edit: From the context.
  public mutating func setOperator(
    _ node: NodeID, _ op: any Operator, operands: [ValueID?]? = nil, by edit: Edit
  ) {
    setOperator(node, op, operands: operands, by: edit.pass)
  }

  /// Replaces one operand.
  ///
  /// - Parameters:
  ///   - index: The operand; absent ones are added before it as needed.
  ///   - node: Of this graph.
  ///   - value: The new operand.
  ///   - edit: From the context.
  public mutating func setOperand(
    _ index: Int, of node: NodeID, to value: ValueID?, by edit: Edit
  ) {
    setOperand(index, of: node, to: value, by: edit.pass)
  }

  /// Changes the type of a value that a node or the caller defines.
  ///
  /// - Parameters:
  ///   - value: Of this graph.
  ///   - type: The new type.
  ///   - edit: From the context.
  public mutating func setType(_ value: ValueID, _ type: TensorType, by edit: Edit) {
    setType(value, type)
  }

  /// Makes every reader of a value read another.
  ///
  /// - Parameters:
  ///   - old: The value that is no longer read.
  ///   - new: The value that is read in its place.
  ///   - edit: From the context.
  /// - Complexity: O(uses of the value).
  public mutating func replaceUses(of old: ValueID, with new: ValueID, by edit: Edit) {
    replaceUses(of: old, with: new, by: edit.pass)
  }

  /// Removes a node whose results nobody reads, and its blocks.
  ///
  /// - Parameters:
  ///   - id: Of this graph.
  ///   - edit: From the context.
  /// - Complexity: O(operands and results), of all nodes in its blocks too.
  public mutating func removeNode(_ id: NodeID, by edit: Edit) { removeNode(id) }

  /// Moves nodes to another block, in the order given.
  ///
  /// - Parameters:
  ///   - ids: Nodes of this graph.
  ///   - block: Where they go.
  ///   - anchor: The node of that block to stand before; the end if none is given.
  ///   - edit: From the context.
  /// - Complexity: O(nodes moved).
  public mutating func move(
    _ ids: some Sequence<NodeID>, to block: BlockID, before anchor: NodeID? = nil, by edit: Edit
  ) {
    move(ids, to: block, before: anchor)
  }

  /// Sets the outputs of a block.
  ///
  /// - Parameters:
  ///   - outputs: Values of the block or around it.
  ///   - block: A block of a node.
  ///   - edit: From the context.
  /// - Complexity: O(outputs).
  public mutating func setOutputs(_ outputs: [ValueID], of block: BlockID, by edit: Edit) {
    setOutputs(outputs, of: block)
  }

  /// Renames a value, if the name is free.
  ///
  /// - Parameters:
  ///   - value: Of this graph.
  ///   - name: The wanted name.
  ///   - edit: From the context.
  public mutating func rename(_ value: ValueID, _ name: String, by edit: Edit) {
    rename(value, name)
  }

  /// Puts a producer and its tail into one fused node.
  ///
  /// - Parameters:
  ///   - chain: The producer and the nodes of the tail; each but the last has one result that only
  ///     the next one reads, once. They stand in one block.
  ///   - edit: From the context.
  /// - Returns: The fused node.
  /// - Complexity: O(nodes of the chain).
  @discardableResult
  public mutating func fuse(_ chain: [NodeID], by edit: Edit) -> NodeID? {
    fuse(chain, by: edit.pass)
  }

  /// Puts the nodes of fused nodes back into the blocks around them.
  ///
  /// - Parameter edit: From the context.
  /// - Returns: How many fused nodes there were.
  /// - Complexity: O(nodes).
  @discardableResult
  public mutating func inlineFused(by edit: Edit) -> Int { inlineFused(by: edit.pass) }
}
