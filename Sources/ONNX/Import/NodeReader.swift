import COnnx
import CoppiceIR

/// A node on its way into the graph.
struct ForeignCall {
  let proto: UnsafeMutablePointer<NodeProto>
  let index: Int
  let type: String
  let domain: String
  let name: String
  let location: Location
  let outputs: [String]
  /// The attributes by name, those of the function's call in place of references to them.
  var attributes: [String: UnsafeMutablePointer<AttributeProto>] = [:]
  /// The attributes that were references.
  var references: [String: UnsafeMutablePointer<AttributeProto>] = [:]
  var operands: [ValueID?] = []
  var opset = 0
}

extension ModelReader {
  /// Reads nodes in an order in which they can be computed.
  func readNodes(_ nodes: [UnsafeMutablePointer<NodeProto>], _ scope: Scope, _ frame: Frame) {
    let (order, cyclic) = topologicalOrder(nodes)
    if !cyclic.isEmpty {
      let names = cyclic.prefix(8).map { "'\(title(nodes[$0], index: $0))'" }
      report(
        "cycle",
        "the nodes \(names.joined(separator: ", ")) and what reads them wait for each other"
      )
      for index in cyclic {
        for output in texts(nodes[index].pointee.output, nodes[index].pointee.n_output) {
          scope.names[output] = .poisoned(scope.types[output])
        }
      }
    }
    for index in order {
      nodeBudget -= 1
      guard nodeBudget >= 0 else {
        if nodeBudget == -1 {
          report(
            "too-many-nodes",
            "the model has more than \(options.limits.nodes) nodes, with its functions expanded; "
              + "--limit nodes=N allows more")
        }
        return
      }
      readNode(nodes[index], index: index, scope, frame)
    }
  }

  private func title(_ node: UnsafeMutablePointer<NodeProto>, index: Int) -> String {
    let name = text(node.pointee.name)
    if !name.isEmpty { return name }
    let first = texts(node.pointee.output, node.pointee.n_output).first { !$0.isEmpty }
    return first ?? "\(text(node.pointee.op_type))_\(index)"
  }

  /// A name without the middle of a long chain of calls.
  private static func told(_ name: String) -> String {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count > 12 else { return name }
    let (first, last) = (parts.prefix(3), parts.suffix(3))
    return first.joined(separator: "/") + "/... \(parts.count - 6) more .../"
      + last.joined(separator: "/")
  }

  private func readNode(
    _ node: UnsafeMutablePointer<NodeProto>, index: Int, _ scope: Scope, _ frame: Frame
  ) {
    let name = frame.prefix + title(node, index: index)
    let type = text(node.pointee.op_type)
    var call = ForeignCall(
      proto: node, index: index, type: type, domain: Self.normalized(text(node.pointee.domain)),
      name: name,
      location: .node(file: path, name: Self.told(name), index: index, type: type),
      outputs: texts(node.pointee.output, node.pointee.n_output))
    let key = Self.functionKey(call.domain, type, text(node.pointee.overload))
    let isSequence = functions[key] == nil && isSequenceOperator(call, scope)
    let supported = functions[key] != nil || isSequence || isSupported(call, scope, frame)
    let complete = (isSequence || readOperands(&call, scope)) && readAttributes(&call, frame)
    guard supported, complete else { return poison(call, scope) }
    call.opset = frame.opsets[call.domain] ?? 0
    do {
      if let function = functions[key] {
        try expand(function, key, call, scope, frame)
      } else if isSequence {
        try readSequence(call, scope, frame)
      } else if call.domain.isEmpty, type == "Constant" {
        try readConstantNode(call, scope, frame)
      } else if try readConditional(call, scope, frame) {
        return
      } else if try readUnrolled(call, scope, frame) {
        return
      } else if try readFlexAttention(call, scope, frame) {
        return
      } else if try readGradient(call, scope, frame) {
        return
      } else if let op = OperatorRegistry.find(type, domain: call.domain) {
        try readOperator(op, call, scope, frame)
      }
    } catch {
      let notes = error.notes + operandNotes(call)
      report(error.id, error.text, notes: notes, at: call.location)
      poison(call, scope)
    }
  }

  /// Whether there is an operator for a node; reports it if not.
  private func isSupported(_ call: ForeignCall, _ scope: Scope, _ frame: Frame) -> Bool {
    let place = call.domain.isEmpty ? "" : " of domain '\(call.domain)'"
    guard let opset = frame.opsets[call.domain] else {
      report(
        "opset-missing",
        "operator '\(call.type)'\(place): the model imports no opset of its domain",
        at: call.location)
      return false
    }
    if call.domain.isEmpty, call.type == "Constant" { return true }
    if takenBranch(call.proto, scope) != nil || Self.isUnrolled(call)
      || Self.isFlexAttention(call) || Self.isGradient(call)
    {
      return true
    }
    guard let op = OperatorRegistry.find(call.type, domain: call.domain),
      (op.schema.since...op.schema.through).contains(opset)
    else {
      let names = texts(call.proto.pointee.input, call.proto.pointee.n_input)
      report(
        "unsupported-operator",
        "operator '\(call.type)'\(place) of opset \(opset) is not supported",
        notes: names.map { "%\($0) is \(typeText($0, scope))" }, at: call.location)
      return false
    }
    return true
  }

  private func typeText(_ name: String, _ scope: Scope) -> String {
    switch scope.find(name) {
    case .value(let value)?: graph[value].type.description
    case .poisoned(let type?)?: type.description
    case .absent?: "absent"
    default: name.isEmpty ? "absent" : "of unknown type"
    }
  }

  private func operandNotes(_ call: ForeignCall) -> [String] {
    call.operands.compactMap { $0.map { "%\(graph[$0].name) is \(graph[$0].type)" } }
  }

  /// Finds the operands; false if one is missing or could not be read.
  private func readOperands(_ call: inout ForeignCall, _ scope: Scope) -> Bool {
    var complete = true
    for name in texts(call.proto.pointee.input, call.proto.pointee.n_input) {
      switch name.isEmpty ? .absent : scope.find(name) {
      case .value(let value)?: call.operands.append(value)
      case .absent?: call.operands.append(nil)
      case .poisoned?: complete = false
      case .collection?:
        report(
          "sequence-operand",
          "'\(name)' is a sequence or an empty optional, which \(call.type) "
            + "does not take here", at: call.location)
        complete = false
      case nil:
        report(
          "missing-input", "reads '\(name)', which no node, input or initializer defines",
          at: call.location)
        complete = false
      }
    }
    return complete
  }

  /// Finds the attributes; false if one is there twice.
  private func readAttributes(_ call: inout ForeignCall, _ frame: Frame) -> Bool {
    var complete = true
    for attribute in messages(call.proto.pointee.attribute, call.proto.pointee.n_attribute) {
      let name = text(attribute.pointee.name)
      var resolved = attribute
      let reference = text(attribute.pointee.ref_attr_name)
      if !reference.isEmpty {
        guard let outer = frame.attributes?[reference] else { continue }
        resolved = outer
        call.references[name] = outer
      }
      if call.attributes.updateValue(resolved, forKey: name) != nil {
        report("duplicate-attribute", "attribute '\(name)' is there twice", at: call.location)
        complete = false
      }
    }
    return complete
  }

  private func poison(_ call: ForeignCall, _ scope: Scope) {
    for output in call.outputs where !output.isEmpty && scope.names[output] == nil {
      scope.names[output] = .poisoned(scope.types[output])
    }
  }

  /// Gives a node's results their names.
  func defineResults(_ call: ForeignCall, _ results: [ValueID?], _ scope: Scope) {
    for (name, value) in zip(call.outputs, results) where !name.isEmpty {
      if scope.names[name] != nil {
        report(
          "duplicate-name", "result '\(name)' has the name of another value", at: call.location)
      }
      scope.names[name] = value.map { .value($0) } ?? .poisoned(nil)
    }
  }
}
