@_spi(RawEditing) import CoppiceIR

/// Takes inputs that must be known as the declared shapes show them.
struct AssumptionReader {
  let draft: GraphDraft
  let log: ImportLog

  private var graph: Graph { draft.graph }

  /// Takes operands that must be known but are inputs of the model as the declared shapes show them,
  /// and notes what the inputs must hold for that.
  ///
  /// - Returns: The operands, with constants in place of those that were taken.
  func assume(
    _ op: any Operator, _ operands: [ValueID?], _ call: ForeignCall, _ scope: Scope, _ frame: Frame
  ) throws(DiagnosticMessage) -> [ValueID?] {
    let context = draft.context(operands, call, scope)
    let implied = op.impliedOperands(context)
    guard !implied.isEmpty else { return operands }
    var taken = operands
    var assumptions: [InputAssumption] = []
    for (index, operand) in implied.sorted(by: { $0.key < $1.key }) {
      guard let value = operands[index] else { continue }
      let checked = try checkable(value, operand, call)
      assumptions.append(checked)
      let type = graph[value].type
      let bytes = operand.accepted.compactMap(\.first).flatMap {
        Bytes.number(Double($0), type.element).array(of: UInt8.self)
      }
      let constant = Constant(type, .dense(Bytes(bytes)))
      let prefix = frame.name(call.outputs.first { !$0.isEmpty } ?? call.name)
      let name = graph[value].name
      let added = draft.graph.addConstant(constant, name: "\(prefix)/\(name)")
      draft.provenance.constants[graph[added].name] = (.assumed(name), constant)
      taken[index] = added
    }
    try confirm(op, taken, call, scope)
    for assumption in assumptions { try note(assumption, call) }
    return taken
  }

  /// What an input must hold for an operand to be as it is taken; copies and casts are seen through.
  private func checkable(
    _ value: ValueID, _ operand: ImpliedOperand, _ call: ForeignCall
  ) throws(DiagnosticMessage) -> InputAssumption {
    var source = value
    var accepted = operand.accepted
    while true {
      let element = graph[source].type.element
      accepted = accepted.map { $0.filter { element.holds($0) } }
      guard let id = graph.producer(source) else { break }
      guard Self.copies.contains(graph[id].op.name), let next = graph[id].operand(0),
        graph[next].type.count == graph[source].type.count
      else { throw computed(source, id) }
      source = next
    }
    guard let input = graph.inputs.firstIndex(of: source),
      accepted.count == graph[source].type.count, accepted.allSatisfy({ !$0.isEmpty })
    else {
      throw DiagnosticMessage(
        "unknown-value",
        "%\(graph[value].name) must be known at compile time, and is no input whose elements could "
          + "be checked when the code runs; make it a constant")
    }
    return InputAssumption(
      input: input, accepted: accepted, rule: operand.rule, node: call.name)
  }

  /// Operators that hand on all elements in order.
  private static let copies: Set<String> = [
    "Identity", "Cast", "Reshape", "Squeeze", "Unsqueeze", "Flatten",
  ]

  private func computed(_ value: ValueID, _ id: NodeID) -> DiagnosticMessage {
    DiagnosticMessage(
      "unknown-value",
      "%\(graph[value].name) must be known at compile time, but node '\(graph[id].name)' "
        + "(\(graph[id].op.name)) computes it when the code runs; make it a constant, or fix the "
        + "inputs that it is computed from")
  }

  /// Checks that the operands taken lead to the declared types.
  private func confirm(
    _ op: any Operator, _ operands: [ValueID?], _ call: ForeignCall, _ scope: Scope
  ) throws(DiagnosticMessage) {
    let context = draft.context(operands, call, scope)
    let types = try op.inferTypes(context)
    for (declared, type) in zip(context.results, types) {
      guard let declared, declared.shape != type.shape else { continue }
      throw DiagnosticMessage(
        "unknown-value",
        "the declared result \(declared) does not show the operands that are inputs of the model; "
          + "make them constants")
    }
  }

  private func note(
    _ assumption: InputAssumption, _ call: ForeignCall
  ) throws(DiagnosticMessage) {
    draft.graph.assume(assumption)
    let name = graph[graph.inputs[assumption.input]].name
    guard graph.assumedElements(ofInput: assumption.input) != nil else {
      throw DiagnosticMessage(
        "assumed-input",
        "the declared shapes want different elements of input '\(name)', here \(assumption.words)")
    }
    log.report(
      "assumed-input",
      "input '\(name)' is taken to hold \(assumption.words), as the declared shape shows; the code "
        + "checks it when it runs and refuses others; make the input a constant to have no check",
      at: call.location, severity: .warning)
  }
}

extension ElementType {
  /// Whether a number is one of this type, exactly.
  fileprivate func holds(_ value: Int) -> Bool {
    switch self {
    case .float32: value.magnitude <= 1 << 24
    case .float64: value.magnitude <= 1 << 53
    case .int8: Int8(exactly: value) != nil
    case .uint8: value >= 0 && value <= 255
    case .int16: Int16(exactly: value) != nil
    case .uint16: UInt16(exactly: value) != nil
    case .int32: Int32(exactly: value) != nil
    case .uint32: UInt32(exactly: value) != nil
    case .int64: value.magnitude <= 1 << 53
    case .uint64: value >= 0 && value <= 1 << 53
    default: false
    }
  }
}
