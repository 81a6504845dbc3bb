import CoppiceIR

extension Graph {
  /// Replaces every If whose condition is only known at run time by both of its branches and a
  /// choice between their results.
  ///
  /// Operators have no side effects, so computing a branch that is not taken changes nothing but
  /// time. Results of the two branches must have one type.
  mutating func chooseBranches() throws(Diagnostics) {
    var problems: [Diagnostic] = []
    for id in allNodes.reversed() where contains(id) && self[id].op.name == "If" {
      do {
        try chooseBranches(of: id)
      } catch {
        problems.append(Diagnostic(.error, error, at: location(id)))
      }
    }
    if !problems.isEmpty { throw Diagnostics(problems) }
  }

  private mutating func chooseBranches(of id: NodeID) throws(DiagnosticMessage) {
    let node = self[id]
    guard node.blocks.count == 2, let condition = node.operand(0),
      let choice = OperatorRegistry.find("Where")
    else { throw DiagnosticMessage("if-blocks", "If needs a condition and two branches") }
    let (yes, no) = (self[node.blocks[0]].outputs, self[node.blocks[1]].outputs)
    for (a, b) in zip(yes, no) where self[a].type != self[b].type {
      throw DiagnosticMessage(
        "if-types",
        "the branches give \(self[a].type) and \(self[b].type); one static type is needed, or a "
          + "condition that is known at compile time")
    }
    for block in node.blocks {
      move(self[block].nodes, to: node.parent, before: id)
      setOutputs([], of: block)
    }
    for (index, result) in node.results.enumerated() {
      guard let result, index < yes.count, index < no.count else { continue }
      let chosen = addNode(
        choice.init(attributes: [:]), [condition, yes[index], no[index]],
        types: [self[result].type], name: node.name, origin: node.origin,
        trail: node.trail + ["lowering"], before: id)
      if let value = self[chosen].result { replaceUses(of: result, with: value, by: "lowering") }
    }
    removeNode(id)
  }
}
