/// A producer and the element-wise tail that is applied where it stores.
///
/// The node has no operands; its one block holds the producer and then the tail, reads the values
/// around it, and yields the last value. Made by `fuse-elementwise`; `Graph.inlineFused` undoes it.
package struct Fused: Operator {
  package static let schema = OperatorSchema(
    "Fused", domain: "coppice", operands: [], results: ["Y"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// What the block yields.
  ///
  /// - Throws: `fused-block` without a block.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    guard let types = context.blockResults.first, types.count == 1 else {
      throw DiagnosticMessage("fused-block", "a fused node needs one block that yields one value")
    }
    return types
  }

  /// Lowered by way of its block, never by itself.
  ///
  /// - Throws: `fused-block`.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    throw DiagnosticMessage("fused-block", "a fused node is lowered by way of its block")
  }
}

extension Graph {
  /// Puts a producer and its tail into one fused node.
  ///
  /// - Parameters:
  ///   - chain: The producer and the nodes of the tail; each but the last has one result that only
  ///     the next one reads, once. They stand in one block.
  ///   - pass: Who does it.
  /// - Returns: The fused node.
  @discardableResult
  @_spi(RawEditing) public mutating func fuse(_ chain: [NodeID], by pass: String) -> NodeID? {
    guard let last = chain.last, let first = chain.first, let old = self[last].result else {
      return nil
    }
    let (head, type) = (self[first], self[old].type)
    let fused = addNode(
      Fused(), [], types: [type], name: head.name, resultNames: [self[old].name],
      origin: head.origin, trail: head.trail + [pass], before: last)
    let block = addBlock(to: fused)
    guard let new = self[fused].result else { return nil }
    replaceUses(of: old, with: new, by: pass)
    move(chain, to: block)
    setOutputs([old], of: block)
    return fused
  }

  /// Puts the nodes of fused nodes back into the blocks around them.
  ///
  /// - Parameter pass: Who does it.
  /// - Returns: How many fused nodes there were.
  @discardableResult
  @_spi(RawEditing) public mutating func inlineFused(by pass: String) -> Int {
    var count = 0
    for id in allNodes where contains(id) && self[id].op is Fused {
      if inlineFused(id, by: pass) { count += 1 }
    }
    return count
  }

  /// Puts the nodes of one fused node back into the block around it.
  ///
  /// - Parameters:
  ///   - id: A fused node.
  ///   - pass: Who does it.
  /// - Returns: Whether it was one.
  @discardableResult
  @_spi(RawEditing) public mutating func inlineFused(_ id: NodeID, by pass: String) -> Bool {
    guard self[id].op is Fused, let block = self[id].blocks.first, let result = self[id].result,
      let inner = self[block].outputs.first
    else { return false }
    move(Array(self[block].nodes), to: self[id].parent, before: id)
    setOutputs([], of: block)
    replaceUses(of: result, with: inner, by: pass)
    let name = self[result].name
    removeNode(id)
    usedNames.remove(name)
    valueTable[result.index].name = ""
    rename(inner, name)
    return true
  }
}
