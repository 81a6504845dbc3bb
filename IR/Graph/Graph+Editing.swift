/// The raw editor: for what makes graphs. Passes get an `Edit` from their context, and say what they do
/// through it (`Graph+Edits.swift`).
extension Graph {
  /// A name that no value of the graph has yet.
  ///
  /// - Parameter wanted: Taken as it is when free.
  /// - Returns: `wanted`, or `wanted` with a number.
  public func uniqueName(_ wanted: String) -> String {
    let base = wanted.isEmpty ? "value" : wanted
    guard usedNames.contains(base) else { return base }
    var number = lastNumbers[base, default: 0] + 1
    while usedNames.contains("\(base)_\(number)") { number += 1 }
    return "\(base)_\(number)"
  }

  package mutating func addValue(
    _ type: TensorType, _ name: String, _ definition: Value.Definition
  ) -> ValueID {
    let unique = uniqueName(name)
    usedNames.insert(unique)
    if unique != name { lastNumbers[name, default: 0] += 1 }
    valueTable.append(Value(type: type, name: unique, definition: definition))
    useTable.addValue()
    return ValueID(index: valueTable.count - 1)
  }

  /// Adds an input to a block.
  ///
  /// - Parameters:
  ///   - name: The name in the model file.
  ///   - type: The element type and shape.
  ///   - block: The block; the graph's body if none is given.
  /// - Returns: The new value.
  @discardableResult
  @_spi(RawEditing) public mutating func addInput(
    _ name: String, _ type: TensorType, to block: BlockID? = nil
  )
    -> ValueID
  {
    let value = addValue(type, name, .input)
    blockTable[(block ?? body).index].inputs.append(value)
    return value
  }

  /// Adds a constant.
  ///
  /// - Parameters:
  ///   - constant: Its elements; nothing is copied.
  ///   - name: The wanted name.
  /// - Returns: The new value.
  @_spi(RawEditing) public mutating func addConstant(_ constant: Constant, name: String) -> ValueID
  {
    constantTable.append(constant)
    let id = ConstantID(index: constantTable.count - 1)
    return addValue(constant.type, name, .constant(id))
  }

  /// Gives a constant other elements, storage or shape.
  ///
  /// - Parameters:
  ///   - value: A value that is a constant.
  ///   - constant: The new elements.
  ///   - pass: Who changes it.
  @_spi(RawEditing) public mutating func setConstant(
    _ value: ValueID, _ constant: Constant, by pass: String
  ) {
    guard case .constant(let id) = self[value].definition else {
      fatalError("\(pass): %\(self[value].name) is not a constant")
    }
    constantTable[id.index] = constant
    valueTable[value.index].type = constant.type
  }

  /// Sets the outputs of a block.
  ///
  /// - Parameters:
  ///   - outputs: Values of the block or around it.
  ///   - block: The block; the graph's body if none is given.
  @_spi(RawEditing) public mutating func setOutputs(_ outputs: [ValueID], of block: BlockID? = nil)
  {
    let index = (block ?? body).index
    useTable.setOutputs(of: index, from: blockTable[index].outputs, to: outputs)
    blockTable[index].outputs = outputs
  }

  /// Adds a node at the end of a block, or before another node.
  ///
  /// - Parameters:
  ///   - op: What it computes.
  ///   - operands: What it reads.
  ///   - types: The types of the results; `nil` for a result nobody needs.
  ///   - name: The node's name.
  ///   - resultNames: Wanted names of the results; the node's name if none are given.
  ///   - origin: Where it came from.
  ///   - trail: The passes that made it.
  ///   - block: The block; the graph's body if none is given.
  ///   - anchor: The node to stand before; its block is taken.
  /// - Returns: The new node.
  @discardableResult
  @_spi(RawEditing) public mutating func addNode(
    _ op: any Operator, _ operands: [ValueID?], types: [TensorType?], name: String,
    resultNames: [String] = [], origin: Origin = Origin(index: -1, type: ""), trail: [String] = [],
    in block: BlockID? = nil, before anchor: NodeID? = nil
  ) -> NodeID {
    let id = NodeID(index: nodeTable.count)
    let parent = anchor.map { self[$0].parent } ?? block ?? body
    var origin = origin
    if origin.type.isEmpty { origin.type = op.name }
    nodeTable.append(
      Node(
        op: op, operands: operands, parent: parent, name: name, origin: origin, trail: trail))
    links.append(NodeList.Link())
    useTable.addNode(operands)
    let results = types.enumerated().map { index, type -> ValueID? in
      guard let type else { return nil }
      let wanted = index < resultNames.count ? resultNames[index] : name
      return addValue(type, wanted, .node(id, result: index))
    }
    nodeTable[id.index]?.results = results
    link(id, in: parent, before: anchor)
    return id
  }

  /// Adds an empty block to a node.
  ///
  /// - Parameter node: Of this graph.
  /// - Returns: The new block.
  @_spi(RawEditing) public mutating func addBlock(to node: NodeID) -> BlockID {
    blockTable.append(Block(owner: node))
    useTable.addBlock()
    let id = BlockID(index: blockTable.count - 1)
    nodeTable[node.index]?.blocks.append(id)
    return id
  }

  /// Replaces what a node computes; results keep their ids.
  ///
  /// - Parameters:
  ///   - node: Of this graph.
  ///   - op: The new operator.
  ///   - operands: The new operands; unchanged if none are given.
  ///   - pass: Who changes it.
  @_spi(RawEditing) public mutating func setOperator(
    _ node: NodeID, _ op: any Operator, operands: [ValueID?]? = nil, by pass: String
  ) {
    nodeTable[node.index]?.op = op
    if let operands {
      useTable.setOperands(of: node.index, from: self[node].operands, to: operands)
      nodeTable[node.index]?.operands = operands
    }
    note(node, pass)
  }

  /// Replaces one operand.
  ///
  /// - Parameters:
  ///   - index: The operand; absent ones are added before it as needed.
  ///   - node: Of this graph.
  ///   - value: The new operand.
  ///   - pass: Who changes it.
  @_spi(RawEditing) public mutating func setOperand(
    _ index: Int, of node: NodeID, to value: ValueID?, by pass: String
  ) {
    while self[node].operands.count <= index { nodeTable[node.index]?.operands.append(nil) }
    useTable.setOperand(index, of: node.index, from: self[node].operands[index], to: value)
    nodeTable[node.index]?.operands[index] = value
    note(node, pass)
  }

  /// Changes the type of a value that a node or the caller defines.
  ///
  /// - Parameters:
  ///   - value: Of this graph.
  ///   - type: The new type.
  @_spi(RawEditing) public mutating func setType(_ value: ValueID, _ type: TensorType) {
    valueTable[value.index].type = type
  }

  /// Makes every reader of a value read another.
  ///
  /// - Parameters:
  ///   - old: The value that is no longer read.
  ///   - new: The value that is read in its place.
  ///   - pass: Who changes it.
  /// - Complexity: O(uses of the value).
  @_spi(RawEditing) public mutating func replaceUses(
    of old: ValueID, with new: ValueID, by pass: String
  ) {
    for use in useTable.replace(old, with: new) {
      switch use {
      case .operand(let node, let index):
        nodeTable[node.index]?.operands[index] = new
        note(node, pass)
      case .output(let block, let index): blockTable[block.index].outputs[index] = new
      }
    }
  }

  /// Removes a node whose results nobody reads, and its blocks.
  ///
  /// - Parameter id: Of this graph.
  /// - Complexity: O(operands and results), of all nodes in its blocks too.
  @_spi(RawEditing) public mutating func removeNode(_ id: NodeID) {
    let node = self[id]
    for block in node.blocks {
      for inner in Array(self[block].nodes) { removeNode(inner) }
      setOutputs([], of: block)
      blockTable[block.index] = Block()
    }
    for result in node.results {
      if let result { valueTable[result.index].definition = .none }
    }
    useTable.setOperands(of: id.index, from: node.operands, to: [])
    unlink(id, from: node.parent)
    nodeTable[id.index] = nil
  }

  /// Moves nodes to the end of another block, in the order given.
  ///
  /// - Parameters:
  ///   - ids: Nodes of this graph.
  ///   - block: Where they go.
  ///   - anchor: The node of that block to stand before; the end if none is given.
  /// - Complexity: O(nodes moved).
  @_spi(RawEditing) public mutating func move(
    _ ids: some Sequence<NodeID>, to block: BlockID, before anchor: NodeID? = nil
  ) {
    for id in Array(ids) {
      unlink(id, from: self[id].parent)
      link(id, in: block, before: anchor)
      nodeTable[id.index]?.parent = block
    }
  }

  /// Sets the order of a block's nodes.
  ///
  /// - Parameters:
  ///   - order: The same nodes in another order.
  ///   - block: The block.
  @_spi(RawEditing) public mutating func setOrder(_ order: [NodeID], of block: BlockID) {
    blockTable[block.index].ends = NodeList.Ends()
    for id in order { link(id, in: block, before: nil) }
  }

  /// Renames a value, if the name is free.
  ///
  /// - Parameters:
  ///   - value: Of this graph.
  ///   - name: The wanted name.
  @_spi(RawEditing) public mutating func rename(_ value: ValueID, _ name: String) {
    usedNames.remove(self[value].name)
    let unique = uniqueName(name)
    usedNames.insert(unique)
    if unique != name { lastNumbers[name, default: 0] += 1 }
    valueTable[value.index].name = unique
  }

  /// Appends a pass to a node's trail, once in a row.
  private mutating func note(_ node: NodeID, _ pass: String) {
    if nodeTable[node.index]?.trail.last != pass { nodeTable[node.index]?.trail.append(pass) }
  }
}
