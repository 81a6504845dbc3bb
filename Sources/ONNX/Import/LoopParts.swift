import COnnx
@_spi(RawEditing) import CoppiceIR

/// A Loop or Scan that is being read.
struct ForeignLoop {
  let body: UnsafeMutablePointer<GraphProto>
  let call: ForeignCall
  /// Holds the body's initializers.
  let scope: Scope
  let types: [String: TensorType]
  var frame: Frame

  /// The names of the body's inputs and outputs.
  var inputs: [String] {
    messages(body.pointee.input, body.pointee.n_input).map { text($0.pointee.name) }
      .filter { !scope.isInitializer($0) }
  }
  var outputs: [String] {
    messages(body.pointee.output, body.pointee.n_output).map { text($0.pointee.name) }
  }

  func operand(_ index: Int) -> ValueID? {
    index < call.operands.count ? call.operands[index] : nil
  }
}

/// What both ways of reading a loop need: its attributes, and nodes that the file does not have.
struct LoopParts {
  let draft: GraphDraft
  let folder: ValueFolder
  let budget: LoopBudget

  private var graph: Graph { draft.graph }

  func scanAxes(
    _ scan: ForeignLoop, _ sources: [ValueID]
  ) throws(DiagnosticMessage) -> [Int] {
    var axes: [Int] = []
    for (axis, source) in zip(numbers("scan_input_axes", scan, sources.count), sources) {
      axes.append(try existingAxis(axis, graph[source].type))
    }
    return axes
  }

  /// A list attribute, zeros where it is absent or short.
  func numbers(_ name: String, _ scan: ForeignLoop, _ count: Int) -> [Int] {
    let given = scan.call.attributes[name].map {
      list($0.pointee.ints, $0.pointee.n_ints).map { Int($0) }
    }
    return Array(((given ?? []) + Array(repeating: 0, count: count)).prefix(count))
  }

  /// The one number that a value is.
  func known(_ value: ValueID, _ what: String) throws(DiagnosticMessage) -> Int {
    guard let number = graph.constant(value)?.integers?.first else {
      throw DiagnosticMessage(
        "loop-unknown",
        "\(what) must be known at compile time, but %\(graph[value].name) is computed when the code "
          + "runs; loops are compiled by writing their body once for each turn")
    }
    return number
  }

  func constant(_ constant: Constant, _ loop: ForeignLoop, _ name: String) -> ValueID {
    draft.addAdapted(constant, name: "\(loop.call.name)/\(name)")
  }

  /// Adds a node that the file does not have, or the constant that it gives.
  func append(
    _ op: any Operator, _ operands: [ValueID], _ loop: ForeignLoop, name: String? = nil
  ) throws(DiagnosticMessage) -> ValueID {
    let context = InferenceContext(
      operands: operands.map { graph[$0].type }, known: operands.map { graph.constant($0) })
    let types = try op.inferTypes(context)
    let wanted = name.flatMap { $0.isEmpty ? nil : loop.frame.name($0) } ?? loop.call.name
    if let folded = folder.fold(op, operands, context, types)?.first {
      return draft.addAdapted(folded, name: wanted)
    }
    budget.unrolled.nodes += 1
    let node = draft.graph.addNode(
      op, operands, types: types, name: graph.uniqueName(wanted), resultNames: [wanted],
      origin: Origin(index: loop.call.index, type: loop.call.type), in: loop.frame.block)
    guard let result = graph[node].result else {
      throw DiagnosticMessage("loop-body", "\(op.name) gives no result")
    }
    return result
  }
}
