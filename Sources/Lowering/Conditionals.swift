@_spi(RawEditing) import CoppiceIR

/// A branch that a node stands in: it is computed only if a condition holds or does not.
struct BranchGuard: Hashable {
  let condition: ValueID
  let isTaken: Bool
}

/// The nodes of branches, each with the branches it stands in, the outermost first.
typealias BranchGuards = [NodeID: [BranchGuard]]

extension Graph {
  /// Puts both branches of every If where it stands, and a choice between their results after them.
  ///
  /// The nodes of a branch are noted, so that their kernels run only if the branch is taken; what
  /// the other one would have given is not read, as the choice picks by the same condition.
  mutating func openBranches() throws(Diagnostics) -> BranchGuards {
    var guards: BranchGuards = [:]
    var problems: [Diagnostic] = []
    for id in allNodes.reversed() where contains(id) && self[id].op is If {
      do {
        try openBranches(of: id, &guards)
      } catch {
        problems.append(Diagnostic(.error, error, at: location(id)))
      }
    }
    if !problems.isEmpty { throw Diagnostics(problems) }
    return guards
  }

  private mutating func openBranches(
    of id: NodeID, _ guards: inout BranchGuards
  ) throws(DiagnosticMessage) {
    let node = self[id]
    guard node.blocks.count == 2, let condition = node.operand(0) else {
      throw DiagnosticMessage("if-blocks", "If needs a condition and two branches")
    }
    _ = try node.op.inferTypes(inferenceContext(id))
    let outputs = node.blocks.map { self[$0].outputs }
    for (block, isTaken) in zip(node.blocks, [true, false]) {
      let branch = BranchGuard(condition: condition, isTaken: isTaken)
      for inner in self[block].nodes { guards[inner, default: []].insert(branch, at: 0) }
      move(Array(self[block].nodes), to: node.parent, before: id)
      setOutputs([], of: block)
    }
    for (index, result) in node.results.enumerated() {
      guard let result else { continue }
      let chosen = addNode(
        Where(), [condition, outputs[0][index], outputs[1][index]], types: [self[result].type],
        name: node.name, origin: node.origin, trail: node.trail + ["lowering"], before: id)
      if let value = self[chosen].result { replaceUses(of: result, with: value, by: "lowering") }
    }
    removeNode(id)
  }
}

extension ModelLowering {
  /// A kernel that does something only if the branches that its node stands in are taken.
  func guarded(_ kernel: Kernel) -> Kernel {
    var kernel = kernel
    for branch in branches.reversed() {
      guard let view = view(branch.condition) else { continue }
      let isTrue = view[view.shape.map { _ in .integer(0) }]
      let test = branch.isTaken ? isTrue : .unary(.lnot, isTrue)
      for index in kernel.variants.indices {
        kernel.variants[index].body = [.when(test, kernel.variants[index].body, else: [])]
      }
    }
    return kernel
  }
}
