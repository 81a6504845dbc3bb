import COnnx
import CoppiceIR

/// Reads the nodes of a body into the graph.
protocol BodyReader: AnyObject {
  /// Reads nodes in an order in which they can be computed.
  func readNodes(_ nodes: [UnsafeMutablePointer<NodeProto>], _ scope: Scope, _ frame: Frame)
}

/// Hands each node to the reader of its kind.
final class NodeReader: BodyReader {
  let constants: ConstantReader
  /// What is left of the nodes that functions may expand to.
  let budget: NodeBudget
  private let declarations: Declarations
  private let limits: Limits
  private let draft: GraphDraft
  private let folder: ValueFolder
  private let loopBudget = LoopBudget()
  private let log: ImportLog

  init(
    _ declarations: Declarations, _ tensors: TensorReader, _ draft: GraphDraft, _ log: ImportLog,
    limits: Limits
  ) {
    self.declarations = declarations
    self.limits = limits
    self.draft = draft
    self.log = log
    constants = ConstantReader(tensors: tensors, draft: draft, log: log)
    budget = NodeBudget(limit: limits.nodes)
    folder = ValueFolder(work: limits.foldedWork)
  }

  private lazy var blocks = BlockReader(
    constants: constants, draft: draft, log: log, bodies: self)
  private lazy var functions = FunctionReader(
    functions: declarations.functions, limits: limits, budget: budget, draft: draft, log: log,
    bodies: self)
  private lazy var operators = OperatorReader(
    tensors: constants.tensors, folder: folder, draft: draft, blocks: blocks, log: log)
  private lazy var loops = LoopReader(
    constants: constants, blocks: blocks,
    parts: LoopParts(draft: draft, folder: folder, budget: loopBudget), nodes: budget,
    limits: limits, log: log, bodies: self)
  private lazy var sequences = SequenceReader(
    draft: draft, folder: folder, blocks: blocks, turns: loopBudget, log: log)
  private lazy var attention = FlexAttentionReader(
    draft: draft, folder: folder, blocks: blocks, log: log)
  private lazy var gradients = GradientReader(draft: draft, folder: folder, log: log)

  /// Reads the nodes of the model, unless its functions alone make them too many.
  func readMain(_ nodes: [UnsafeMutablePointer<NodeProto>], _ scope: Scope) {
    var expansion = FunctionExpansion(declarations, limits: limits)
    let fewest = expansion.fewestNodes(of: nodes)
    guard fewest <= budget.left || budget.take(fewest, log) else { return }
    readNodes(nodes, scope, Frame(opsets: declarations.opsets))
  }

  /// Reads nodes in an order in which they can be computed.
  func readNodes(_ nodes: [UnsafeMutablePointer<NodeProto>], _ scope: Scope, _ frame: Frame) {
    let (order, cyclic) = topologicalOrder(nodes)
    if !cyclic.isEmpty {
      let names = cyclic.prefix(8).map { "'\(title(nodes[$0], index: $0))'" }
      log.report(
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
      guard budget.take(1, log) else { return }
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
      proto: node, index: index, type: type,
      domain: Declarations.normalized(text(node.pointee.domain)),
      name: name,
      location: .node(file: log.path, name: Self.told(name), index: index, type: type),
      outputs: texts(node.pointee.output, node.pointee.n_output))
    let key = Declarations.functionKey(of: node)
    let function = declarations.functions[key]
    let isSequence = function == nil && sequences.reads(call, scope)
    let supported = function != nil || isSequence || isSupported(call, scope, frame)
    let complete = (isSequence || readOperands(&call, scope)) && readAttributes(&call, frame)
    guard supported, complete else { return poison(call, scope) }
    call.opset = frame.opsets[call.domain] ?? 0
    do {
      if let function {
        try functions.expand(function, key, call, scope, frame)
      } else if isSequence {
        try sequences.read(call, scope, frame)
      } else if call.domain.isEmpty, type == "Constant" {
        try constants.readNode(call, scope, frame)
      } else if try blocks.readConditional(call, scope, frame) {
        return
      } else if try loops.read(call, scope, frame) {
        return
      } else if try attention.read(call, scope, frame) {
        return
      } else if try gradients.read(call, scope, frame) {
        return
      } else if let op = OperatorRegistry.find(type, domain: call.domain) {
        try operators.read(op, call, scope, frame)
      }
    } catch {
      let notes = error.notes + operandNotes(call)
      log.report(error.id, error.text, notes: notes, at: call.location)
      poison(call, scope)
    }
  }

  /// Whether there is an operator for a node; reports it if not.
  private func isSupported(_ call: ForeignCall, _ scope: Scope, _ frame: Frame) -> Bool {
    let place = call.domain.isEmpty ? "" : " of domain '\(call.domain)'"
    guard let opset = frame.opsets[call.domain] else {
      log.report(
        "opset-missing",
        "operator '\(call.type)'\(place): the model imports no opset of its domain",
        at: call.location)
      return false
    }
    if call.domain.isEmpty, call.type == "Constant" { return true }
    if blocks.takenBranch(call.proto, scope) != nil || LoopReader.reads(call)
      || FlexAttentionReader.reads(call) || GradientReader.reads(call)
    {
      return true
    }
    guard let op = OperatorRegistry.find(call.type, domain: call.domain),
      (op.schema.since...op.schema.through).contains(opset)
    else {
      let names = texts(call.proto.pointee.input, call.proto.pointee.n_input)
      log.report(
        "unsupported-operator",
        "operator '\(call.type)'\(place) of opset \(opset) is not supported",
        notes: names.map { "%\($0) is \(typeText($0, scope))" }, at: call.location)
      return false
    }
    return true
  }

  private func typeText(_ name: String, _ scope: Scope) -> String {
    switch scope.find(name) {
    case .value(let value)?: draft.graph[value].type.description
    case .poisoned(let type?)?: type.description
    case .absent?: "absent"
    default: name.isEmpty ? "absent" : "of unknown type"
    }
  }

  private func operandNotes(_ call: ForeignCall) -> [String] {
    call.operands.compactMap { $0.map { "%\(draft.graph[$0].name) is \(draft.graph[$0].type)" } }
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
        log.report(
          "sequence-operand",
          "'\(name)' is a sequence or an empty optional, which \(call.type) "
            + "does not take here", at: call.location)
        complete = false
      case nil:
        log.report(
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
        log.report("duplicate-attribute", "attribute '\(name)' is there twice", at: call.location)
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
}
