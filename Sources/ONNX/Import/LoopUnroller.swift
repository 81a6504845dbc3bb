import COnnx
@_spi(RawEditing) import CoppiceIR

/// Writes the body of a Loop or Scan whose turns are known once for each turn.
struct LoopUnroller {
  let parts: LoopParts
  let blocks: BlockReader
  let log: ImportLog
  unowned let bodies: any BodyReader

  private var draft: GraphDraft { parts.draft }

  /// The results of a loop.
  func read(_ loop: ForeignLoop) throws(DiagnosticMessage) -> [ValueID] {
    try loop.call.type == "Loop" ? self.loop(loop) : scan(loop)
  }

  /// Iteration count, condition and carried values, as long as the condition holds.
  private func loop(_ loop: ForeignLoop) throws(DiagnosticMessage) -> [ValueID] {
    let limit = try loop.operand(0).map { value throws(DiagnosticMessage) in
      try parts.known(value, "the number of turns")
    }
    var goesOn = try loop.operand(1).map { value throws(DiagnosticMessage) in
      try parts.known(value, "the condition") != 0
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
          parts.constant(Constant([Int64(turn)], .int64, []), loop, "turn"),
          parts.constant(.scalar(1, .bool), loop, "condition"),
        ] + carried
      let isLast = limit.map { turn == $0 - 1 } ?? false
      let names = isLast ? [nil] + carried.indices.map { loop.call.outputs[safe: $0] } : []
      let outputs = try turnOnce(loop, inputs, names)
      // Without a condition to start with, those of the turns do not count either.
      if goesOn != nil {
        goesOn = try parts.known(outputs[0], "the condition of the next turn") != 0
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
  private func scan(_ scan: ForeignLoop) throws(DiagnosticMessage) -> [ValueID] {
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
      scan, states, sources, axes: try parts.scanAxes(scan, sources),
      backwards: parts.numbers("scan_input_directions", scan, scanned), names: named)
    let (places, reversed) = (
      parts.numbers("scan_output_axes", scan, outputs),
      parts.numbers("scan_output_directions", scan, outputs)
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
    _ scan: ForeignLoop, _ first: [ValueID], _ sources: [ValueID], axes: [Int], backwards: [Int],
    names: [String?]
  ) throws(DiagnosticMessage) -> ([ValueID], [[ValueID]]) {
    var states = first
    let extents = zip(sources, axes).map { draft.graph[$0].type.shape[$1] }
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
    _ value: ValueID, axis: Int, at place: Int, _ scan: ForeignLoop
  ) throws(DiagnosticMessage) -> ValueID {
    let at = parts.constant(Constant([Int64(place)], .int64, []), scan, "place")
    return try parts.append(Gather(attributes: ["axis": .int(axis)]), [value, at], scan)
  }

  /// Scan of opset 8: lengths that must be absent, a batch as the first axis of everything, and the second scanned.
  private func batchedScan(_ scan: ForeignLoop) throws(DiagnosticMessage) -> [ValueID] {
    let operands = scan.call.operands.dropFirst().compactMap { $0 }
    let scanned = Int(clamping: scan.call.attributes["num_scan_inputs"]?.pointee.i ?? 0)
    guard scan.operand(0) == nil, operands.count == scan.call.operands.count - 1,
      1...max(operands.count, 1) ~= scanned, scan.inputs.count == operands.count,
      scan.outputs.count >= operands.count - scanned
    else {
      throw DiagnosticMessage(
        "scan-operands", "Scan of opset 8 takes no lengths here, then states and scanned operands")
    }
    let batches = operands.map { draft.graph[$0].type.shape.first ?? 0 }
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
      guard sources.allSatisfy({ draft.graph[$0].type.rank > 0 }) else {
        throw DiagnosticMessage("scan-operands", "a scanned operand has no second axis")
      }
      let (ends, collected) = try turns(
        scan, Array(slices.dropLast(scanned)), sources, axes: sources.map { _ in 0 },
        backwards: parts.numbers("directions", scan, scanned), names: [])
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

  /// Reads the body once; `names` are wanted for its outputs.
  private func turnOnce(
    _ loop: ForeignLoop, _ inputs: [ValueID], _ names: [String?]
  ) throws(DiagnosticMessage) -> [ValueID] {
    guard parts.budget.takeTurn() else { throw tooLong(loop) }
    let inner = Scope(parent: loop.scope, types: loop.types)
    var frame = loop.frame
    frame.prefix = draft.uniquePrefix(loop.call.name)
    frame.renamed = [:]
    for (output, name) in zip(loop.outputs, names) {
      if let name, !name.isEmpty { frame.renamed[output] = loop.frame.name(name) }
    }
    for (name, value) in zip(loop.inputs, inputs) {
      inner.define(name, .value(value), what: "input", log)
    }
    let (before, faults) = (draft.graph.nodeTable.count, log.faults)
    bodies.readNodes(messages(loop.body.pointee.node, loop.body.pointee.n_node), inner, frame)
    let added = draft.graph.nodeTable.count - before
    guard parts.budget.takeNodes(added) else { throw tooLong(loop) }
    guard log.faults == faults else {
      throw DiagnosticMessage(
        "loop-body", "the body of \(loop.call.type) cannot be compiled, as said above")
    }
    return try blocks.blockOutputs(loop.body, inner)
  }

  private func tooLong(_ loop: ForeignLoop) -> DiagnosticMessage {
    DiagnosticMessage(
      "loop-length",
      "\(loop.call.type) is compiled by writing its body once for each turn, which here takes more "
        + "than \(UnrolledCounts.limit) turns or nodes")
  }

  /// Values of one shape along a new axis.
  private func stacked(
    _ values: [ValueID], axis: Int, _ loop: ForeignLoop, _ result: Int
  ) throws(DiagnosticMessage) -> ValueID {
    guard !values.isEmpty else {
      throw DiagnosticMessage("loop-empty", "result \(result) of a loop without turns has no shape")
    }
    let axes = parts.constant(.indices([axis]), loop, "axes")
    var raised: [ValueID] = []
    for value in values { raised.append(try parts.append(Unsqueeze(), [value, axes], loop)) }
    return try parts.append(
      Concat(attributes: ["axis": .int(axis)]), raised, loop,
      name: loop.call.outputs[safe: result])
  }
}

extension Array {
  fileprivate subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
