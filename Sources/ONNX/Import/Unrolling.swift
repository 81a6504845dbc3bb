import COnnx
@_spi(RawEditing) import CoppiceIR

extension ModelReader {
  /// How many turns of loops, and nodes in them, a model may unroll to.
  static let unrollLimit = 1024

  /// Reads a Loop or Scan whose turns are known as its body once for each turn.
  ///
  /// - Returns: Whether the node is one of the two.
  func readUnrolled(
    _ call: ForeignCall, _ scope: Scope, _ frame: Frame
  ) throws(DiagnosticMessage) -> Bool {
    guard Self.isUnrolled(call) else { return false }
    guard let body = call.attributes["body"]?.pointee.g else {
      throw DiagnosticMessage("loop-body", "\(call.type) has no body")
    }
    let shared = Scope(parent: scope)
    readInitializers(body, shared)
    let unrolling = Unrolling(
      body: body, call: call, scope: shared, types: declaredTypes(body), frame: frame)
    let results = try unrolledOrTurned(unrolling)
    guard call.outputs.count <= results.count else {
      throw DiagnosticMessage(
        "result-count", "\(call.type) gives \(results.count) results, not \(call.outputs.count)")
    }
    defineResults(call, Array(results.prefix(call.outputs.count)), scope)
    return true
  }

  /// The body once for each turn, or, where that is too much, as a loop that runs.
  private func unrolledOrTurned(_ loop: Unrolling) throws(DiagnosticMessage) -> [ValueID] {
    let turns = turns(of: loop)
    if let turns, turns > Self.unrollLimit - unrolledTurns { return try turned(loop) }
    guard let turns, turns > Self.fewTurns else { return try unrolled(loop) }
    let before = Reading(self)
    do {
      return try unrolled(loop)
    } catch {
      guard error.id == "loop-length" else { throw error }
      before.restore(self)
      return try turned(loop)
    }
  }

  /// Loops of so few turns are always unrolled.
  private static let fewTurns = 8

  private func unrolled(_ loop: Unrolling) throws(DiagnosticMessage) -> [ValueID] {
    try loop.call.type == "Loop" ? self.loop(loop) : scan(loop)
  }

  /// Whether a node is unrolled; Scan of opset 8 has other operands.
  static func isUnrolled(_ call: ForeignCall) -> Bool {
    call.domain.isEmpty && (call.type == "Loop" || call.type == "Scan")
  }
}

/// A loop that is being unrolled.
struct Unrolling {
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

extension ModelReader {
  /// Iteration count, condition and carried values, as long as the condition holds.
  private func loop(_ loop: Unrolling) throws(DiagnosticMessage) -> [ValueID] {
    let limit = try loop.operand(0).map { value throws(DiagnosticMessage) in
      try known(value, "the number of turns")
    }
    var goesOn = try loop.operand(1).map { value throws(DiagnosticMessage) in
      try known(value, "the condition") != 0
    }
    var carried = loop.call.operands.dropFirst(2).compactMap { $0 }
    let scans = loop.outputs.count - 1 - carried.count
    guard loop.inputs.count == carried.count + 2, scans >= 0, limit != nil || goesOn != nil else {
      throw DiagnosticMessage("loop-body", "the body does not fit the operands, or has no end")
    }
    var collected = [[ValueID]](repeating: [], count: scans)
    var turn = 0
    while turn < limit ?? .max, goesOn ?? true {
      let inputs =
        [
          constant(Constant([Int64(turn)], .int64, []), loop, "turn"),
          constant(.scalar(1, .bool), loop, "condition"),
        ] + carried
      let isLast = limit.map { turn == $0 - 1 } ?? false
      let names = isLast ? [nil] + carried.indices.map { loop.call.outputs[safe: $0] } : []
      let outputs = try turnOnce(loop, inputs, names)
      // Without a condition to start with, those of the turns do not count either.
      if goesOn != nil {
        goesOn = try known(outputs[0], "the condition of the next turn") != 0
      }
      carried = Array(outputs.dropFirst().prefix(carried.count))
      for index in collected.indices { collected[index].append(outputs[1 + carried.count + index]) }
      turn += 1
    }
    var results = carried
    for values in collected { results.append(try stacked(values, axis: 0, loop, results.count)) }
    return results
  }

  /// States and slices of the scanned operands, one turn for each slice.
  private func scan(_ scan: Unrolling) throws(DiagnosticMessage) -> [ValueID] {
    let operands = scan.call.operands.compactMap { $0 }
    let scanned = Int(clamping: scan.call.attributes["num_scan_inputs"]?.pointee.i ?? 0)
    if scan.call.opset < 9 { return try batchedScan(scan) }
    guard operands.count == scan.call.operands.count,
      1...max(operands.count, 1) ~= scanned, scan.inputs.count == operands.count
    else {
      throw DiagnosticMessage(
        "scan-operands", "Scan takes states, then as many operands as num_scan_inputs says")
    }
    let states = Array(operands.dropLast(scanned))
    let outputs = scan.outputs.count - states.count
    guard outputs >= 0 else { throw DiagnosticMessage("scan-body", "the body yields too little") }
    let sources = Array(operands.suffix(scanned))
    let named = states.indices.map { scan.call.outputs[safe: $0] }
    let (ends, collected) = try turns(
      scan, states, sources, axes: try scanAxes(scan, sources),
      backwards: numbers("scan_input_directions", scan, scanned), names: named)
    let (places, reversed) = (
      numbers("scan_output_axes", scan, outputs), numbers("scan_output_directions", scan, outputs)
    )
    var results = ends
    for (index, values) in collected.enumerated() {
      let ordered = reversed[index] == 1 ? values.reversed() : values
      results.append(try stacked(ordered, axis: places[index], scan, results.count))
    }
    return results
  }

  /// The body once for each slice: the last states, and what each turn yields besides.
  private func turns(
    _ scan: Unrolling, _ first: [ValueID], _ sources: [ValueID], axes: [Int], backwards: [Int],
    names: [String?]
  ) throws(DiagnosticMessage) -> ([ValueID], [[ValueID]]) {
    var states = first
    let extents = zip(sources, axes).map { graph[$0].type.shape[$1] }
    guard let turns = extents.first, extents.allSatisfy({ $0 == turns }) else {
      throw DiagnosticMessage("scan-operands", "the scanned operands have extents \(extents)")
    }
    var collected = [[ValueID]](repeating: [], count: scan.outputs.count - states.count)
    for turn in 0..<turns {
      var inputs = states
      for index in sources.indices {
        let place = backwards[index] == 1 ? turns - 1 - turn : turn
        inputs.append(try slice(sources[index], axis: axes[index], at: place, scan))
      }
      let results = try turnOnce(scan, inputs, turn == turns - 1 ? names : [])
      states = Array(results.prefix(states.count))
      for index in collected.indices { collected[index].append(results[states.count + index]) }
    }
    return (states, collected)
  }

  private func slice(
    _ value: ValueID, axis: Int, at place: Int, _ scan: Unrolling
  ) throws(DiagnosticMessage) -> ValueID {
    let at = constant(Constant([Int64(place)], .int64, []), scan, "place")
    return try append(Gather(attributes: ["axis": .int(axis)]), [value, at], scan)
  }

  /// Scan of opset 8: lengths that must be absent, a batch as the first axis of everything, and the second scanned.
  private func batchedScan(_ scan: Unrolling) throws(DiagnosticMessage) -> [ValueID] {
    let operands = scan.call.operands.dropFirst().compactMap { $0 }
    let scanned = Int(clamping: scan.call.attributes["num_scan_inputs"]?.pointee.i ?? 0)
    guard scan.operand(0) == nil, operands.count == scan.call.operands.count - 1,
      1...max(operands.count, 1) ~= scanned, scan.inputs.count == operands.count,
      scan.outputs.count >= operands.count - scanned
    else {
      throw DiagnosticMessage(
        "scan-operands", "Scan of opset 8 takes no lengths here, then states and scanned operands")
    }
    let batches = operands.map { graph[$0].type.shape.first ?? 0 }
    guard let batch = batches.first, batches.allSatisfy({ $0 == batch }) else {
      throw DiagnosticMessage("scan-operands", "the operands have batches of \(batches)")
    }
    var results = [[ValueID]](repeating: [], count: scan.outputs.count)
    for sample in 0..<batch {
      var slices: [ValueID] = []
      for operand in operands {
        slices.append(try slice(operand, axis: 0, at: sample, scan))
      }
      let sources = Array(slices.suffix(scanned))
      guard sources.allSatisfy({ graph[$0].type.rank > 0 }) else {
        throw DiagnosticMessage("scan-operands", "a scanned operand has no second axis")
      }
      let (ends, collected) = try turns(
        scan, Array(slices.dropLast(scanned)), sources, axes: sources.map { _ in 0 },
        backwards: numbers("directions", scan, scanned), names: [])
      for (index, value) in ends.enumerated() { results[index].append(value) }
      for (index, values) in collected.enumerated() {
        results[ends.count + index].append(try stacked(values, axis: 0, scan, -1))
      }
    }
    var stackedResults: [ValueID] = []
    for (index, values) in results.enumerated() {
      stackedResults.append(try stacked(values, axis: 0, scan, index))
    }
    return stackedResults
  }

  func scanAxes(
    _ scan: Unrolling, _ sources: [ValueID]
  ) throws(DiagnosticMessage) -> [Int] {
    var axes: [Int] = []
    for (axis, source) in zip(numbers("scan_input_axes", scan, sources.count), sources) {
      axes.append(try existingAxis(axis, graph[source].type))
    }
    return axes
  }

  /// A list attribute, zeros where it is absent or short.
  func numbers(_ name: String, _ scan: Unrolling, _ count: Int) -> [Int] {
    let given = scan.call.attributes[name].map {
      list($0.pointee.ints, $0.pointee.n_ints).map { Int($0) }
    }
    return Array(((given ?? []) + Array(repeating: 0, count: count)).prefix(count))
  }
}

extension ModelReader {
  /// Reads the body once; `names` are wanted for its outputs.
  private func turnOnce(
    _ loop: Unrolling, _ inputs: [ValueID], _ names: [String?]
  ) throws(DiagnosticMessage) -> [ValueID] {
    unrolledTurns += 1
    guard unrolledTurns <= Self.unrollLimit else { throw tooLong(loop) }
    let inner = Scope(parent: loop.scope, types: loop.types)
    var frame = loop.frame
    frame.prefix = uniquePrefix(loop.call.name)
    frame.renamed = [:]
    for (output, name) in zip(loop.outputs, names) {
      if let name, !name.isEmpty { frame.renamed[output] = loop.frame.name(name) }
    }
    for (name, value) in zip(loop.inputs, inputs) {
      define(name, .value(value), in: inner, what: "input")
    }
    let (before, faults) = (
      graph.nodeTable.count, diagnostics.count(where: { $0.severity == .error })
    )
    readNodes(messages(loop.body.pointee.node, loop.body.pointee.n_node), inner, frame)
    unrolledNodes += graph.nodeTable.count - before
    guard unrolledNodes <= Self.unrollLimit else { throw tooLong(loop) }
    guard diagnostics.count(where: { $0.severity == .error }) == faults else {
      throw DiagnosticMessage(
        "loop-body", "the body of \(loop.call.type) cannot be compiled, as said above")
    }
    return try blockOutputs(loop.body, inner)
  }

  private func tooLong(_ loop: Unrolling) -> DiagnosticMessage {
    DiagnosticMessage(
      "loop-length",
      "\(loop.call.type) is compiled by writing its body once for each turn, which here takes more "
        + "than \(Self.unrollLimit) turns or nodes")
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

  func constant(_ constant: Constant, _ loop: Unrolling, _ name: String) -> ValueID {
    let value = graph.addConstant(constant, name: "\(loop.call.name)/\(name)")
    provenance.constants[graph[value].name] = (.adapted, constant)
    return value
  }

  /// Values of one shape along a new axis.
  private func stacked(
    _ values: [ValueID], axis: Int, _ loop: Unrolling, _ result: Int
  ) throws(DiagnosticMessage) -> ValueID {
    guard !values.isEmpty else {
      throw DiagnosticMessage("loop-empty", "result \(result) of a loop without turns has no shape")
    }
    let axes = constant(.indices([axis]), loop, "axes")
    var parts: [ValueID] = []
    for value in values { parts.append(try append(Unsqueeze(), [value, axes], loop)) }
    return try append(
      Concat(attributes: ["axis": .int(axis)]), parts, loop, name: loop.call.outputs[safe: result])
  }

  /// Adds a node that the file does not have, or the constant that it gives.
  func append(
    _ op: any Operator, _ operands: [ValueID], _ loop: Unrolling, name: String? = nil
  ) throws(DiagnosticMessage) -> ValueID {
    let context = InferenceContext(
      operands: operands.map { graph[$0].type }, known: operands.map { graph.constant($0) })
    let types = try op.inferTypes(context)
    let wanted = name.flatMap { $0.isEmpty ? nil : loop.frame.name($0) } ?? loop.call.name
    if let folded = fold(op, operands, context, types)?.first {
      let value = graph.addConstant(folded, name: wanted)
      provenance.constants[graph[value].name] = (.adapted, folded)
      return value
    }
    unrolledNodes += 1
    let node = graph.addNode(
      op, operands, types: types, name: graph.uniqueName(wanted), resultNames: [wanted],
      origin: Origin(index: loop.call.index, type: loop.call.type), in: loop.frame.block)
    guard let result = graph[node].result else {
      throw DiagnosticMessage("loop-body", "\(op.name) gives no result")
    }
    return result
  }
}

extension Array {
  fileprivate subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
