extension Verifier {
  /// Assumptions are about inputs that exist, and can be met.
  mutating func checkAssumptions() {
    for assumption in graph.assumptions {
      guard graph.inputs.indices.contains(assumption.input) else {
        report(
          "assumption", "input \(assumption.input) is assumed to hold something, but not there")
        continue
      }
      let type = graph[graph.inputs[assumption.input]].type
      if assumption.accepted.count != type.count || assumption.accepted.contains(where: \.isEmpty) {
        report("assumption", "what input \(assumption.input) must hold does not fit \(type)")
      }
    }
  }

  /// Names are those of outputs that exist, as many as there are columns.
  mutating func checkOutputNames() {
    for names in graph.outputNames {
      guard graph.outputs.indices.contains(names.output) else {
        report("output-names", "output \(names.output) has names, but is not there")
        continue
      }
      let type = graph[graph.outputs[names.output]].type
      if names.place == .columns, type.shape.last != names.names.count {
        report("output-names", "\(names.names.count) names do not fit the columns of \(type)")
      }
    }
  }

  mutating func checkValues() {
    var names: [String: Int] = [:]
    var inputs: [ValueID: Int] = [:]
    for block in graph.blockTable {
      for value in block.inputs { inputs[value, default: 0] += 1 }
    }
    for (index, value) in graph.valueTable.enumerated() {
      let id = ValueID(index: index)
      switch value.definition {
      case .none:
        if inputs[id] != nil { report("value", "%\(value.name) is an input, but not defined") }
        continue
      case .input:
        if inputs[id] != 1 {
          report("value", "input %\(value.name) stands in \(inputs[id] ?? 0) lists of inputs")
        }
      case .constant(let constant): checkConstant(value, constant)
      case .node(let node, let result):
        guard graph.nodeTable.indices.contains(node.index), graph.contains(node),
          graph[node].results.indices.contains(result), graph[node].results[result] == id
        else {
          report("value", "%\(value.name) is not the result that it says it is")
          break
        }
      }
      checkName(value, index, &names)
      checkExtents(value)
    }
    for id in graph.allNodes {
      for (index, result) in graph[id].results.enumerated() {
        if let result, graph[result].definition != .node(id, result: index) {
          report("value", "result \(index) is %\(graph[result].name) of another node", at: id)
        }
      }
    }
  }

  private mutating func checkName(_ value: Value, _ index: Int, _ names: inout [String: Int]) {
    if value.name.isEmpty { return report("name", "value \(index) has no name") }
    if let other = names[value.name] {
      report("name", "values \(other) and \(index) are both called %\(value.name)")
    }
    names[value.name] = index
    if !graph.usedNames.contains(value.name) {
      report("name", "the name %\(value.name) is not marked as taken")
    }
  }

  private mutating func checkExtents(_ value: Value) {
    let (_, overflow) = product(value.type.shape + [max(value.type.element.bits, 1)])
    if overflow || value.type.shape.contains(where: { $0 < 0 }) {
      report("type", "%\(value.name) cannot be \(value.type)")
    }
  }

  private mutating func checkConstant(_ value: Value, _ id: ConstantID) {
    guard graph.constantTable.indices.contains(id.index) else {
      return report("constant", "%\(value.name) is constant \(id.index), which does not exist")
    }
    let constant = graph.constantTable[id.index]
    guard constant.type == value.type else {
      return report(
        "constant", "%\(value.name) is \(value.type), but its constant is \(constant.type)")
    }
    if constant.type.element == .string { return }
    if let fault = constant.storageFault {
      report(
        "constant", "%\(value.name), \(value.type) in \(constant.storage.name) storage, \(fault)")
    }
  }
}
