import COnnx
@_spi(RawEditing) import CoppiceIR

/// Reads loops whose bodies stay bodies.
struct TurnedLoopReader {
  let parts: LoopParts
  let blocks: BlockReader
  let limits: Limits
  let log: ImportLog
  unowned let bodies: any BodyReader

  private var draft: GraphDraft { parts.draft }
  private var graph: Graph { draft.graph }

  /// Adds a Loop with a body, for a Loop, or a Scan whose turns are known.
  func read(_ loop: ForeignLoop) throws(DiagnosticMessage) -> [ValueID] {
    try loop.call.type == "Loop" ? turnedLoop(loop) : turnedScan(loop)
  }

  private func turnedLoop(_ loop: ForeignLoop) throws(DiagnosticMessage) -> [ValueID] {
    let carried = loop.call.operands.dropFirst(2).compactMap { $0 }
    let (limit, first) = (loop.operand(0), loop.operand(1))
    guard loop.inputs.count == carried.count + 2, loop.outputs.count > carried.count,
      limit != nil || first != nil
    else {
      throw DiagnosticMessage(
        "loop-body", "the body does not fit the operands, or has no end")
    }
    let starts = graph.constant(first)?.integers?.first
    let count = graph.constant(limit)?.integers?.first
    let ends = LoopEnds(
      most: starts == 0 ? 0 : count.map { max($0, 0) }, limit: count == nil ? limit : nil,
      condition: starts == nil ? first : nil)
    return try addLoop(loop, ends, carried) { _, turn, states in
      let condition = parts.constant(.scalar(1, .bool), loop, "condition")
      return (loop.inputs, [turn, condition] + states)
    } results: { outputs in
      let always =
        first == nil || starts == 0 || graph.constant(outputs[0])?.integers == [1]
      return (always ? nil : outputs[0], Array(outputs.dropFirst()))
    }
  }

  private func turnedScan(_ scan: ForeignLoop) throws(DiagnosticMessage) -> [ValueID] {
    let operands = scan.call.operands.compactMap { $0 }
    let scanned = Int(clamping: scan.call.attributes["num_scan_inputs"]?.pointee.i ?? 0)
    guard operands.count == scan.call.operands.count, 1...max(operands.count, 1) ~= scanned,
      scan.inputs.count == operands.count, scan.outputs.count >= operands.count - scanned
    else {
      throw DiagnosticMessage("scan-operands", "the body of Scan does not fit the operands")
    }
    let (states, sources) = (Array(operands.dropLast(scanned)), Array(operands.suffix(scanned)))
    let axes = try parts.scanAxes(scan, sources)
    let extents = zip(sources, axes).map { graph[$0].type.shape[$1] }
    guard let turns = extents.first, extents.allSatisfy({ $0 == turns }) else {
      throw DiagnosticMessage("scan-operands", "the scanned operands have extents \(extents)")
    }
    let backwards = parts.numbers("scan_input_directions", scan, scanned)
    let results = try addLoop(scan, LoopEnds(most: turns), states) {
      block, turn, states throws(DiagnosticMessage) in
      var inside = scan
      inside.frame.block = block
      var inputs = states
      for (index, source) in sources.enumerated() {
        var place = turn
        if backwards[index] == 1 {
          let last = parts.constant(Constant([Int64(turns - 1)], .int64, []), scan, "last")
          place = try parts.append(Sub(), [last, turn], inside)
        }
        let gather = Gather(attributes: ["axis": .int(axes[index])])
        inputs.append(try parts.append(gather, [source, place], inside))
      }
      return (scan.inputs, inputs)
    } results: {
      (nil, $0)
    }
    return try placed(results, states.count, scan)
  }

  /// Brings what a Scan collects along its first axis to the axis and order that were asked for.
  private func placed(
    _ results: [ValueID], _ states: Int, _ scan: ForeignLoop
  ) throws(DiagnosticMessage) -> [ValueID] {
    let count = results.count - states
    let axes = parts.numbers("scan_output_axes", scan, count)
    let reversed = parts.numbers("scan_output_directions", scan, count)
    var values = results
    for index in 0..<count {
      var value = values[states + index]
      if reversed[index] == 1 {
        let bounds = [[-1], [Int(Int32.min)], [0], [-1]].map {
          parts.constant(.indices($0), scan, "slice")
        }
        value = try parts.append(Slice(), [value] + bounds, scan)
      }
      let type = graph[value].type
      let axis = try existingAxis(axes[index], type)
      if axis > 0 {
        let order = Array(1..<type.rank)
        let perm = Array(order[..<axis]) + [0] + Array(order[axis...])
        value = try parts.append(Transpose(attributes: ["perm": .ints(perm)]), [value], scan)
      }
      values[states + index] = value
    }
    return values
  }

  /// Adds the node and reads the body into its block.
  ///
  /// - Parameters:
  ///   - loop: What is read.
  ///   - ends: How often the body runs.
  ///   - carried: The values before the first turn.
  ///   - inputs: The names of the body's inputs and what they are, from the block, the turn and the carried values.
  ///   - results: From the outputs of the body the condition of the next turn, if it may not hold, and what the block
  ///     yields after it.
  /// - Returns: The results of the node.
  /// - Throws: `loop-length`, `loop-body`, `loop-carried`, `loop-unknown`, and what reading the body throws.
  private func addLoop(
    _ loop: ForeignLoop, _ ends: LoopEnds, _ carried: [ValueID],
    _ inputs: (BlockID, ValueID, [ValueID]) throws(DiagnosticMessage) -> ([String], [ValueID]),
    results: ([ValueID]) -> (ValueID?, [ValueID])
  ) throws(DiagnosticMessage) -> [ValueID] {
    let outer = parts.budget.around
    let turns = ends.most.map { $0 > limits.turns ? 1 : max($0, 1) } ?? 1
    parts.budget.around = outer.multipliedReportingOverflow(by: turns).partialValue
    defer { parts.budget.around = outer }
    let count = ends.most.map { most in
      parts.constant(Constant([Int64(most)], .int64, []), loop, "turns")
    }
    let condition = ends.condition ?? parts.constant(.scalar(1, .bool), loop, "condition")
    let operands = [count ?? ends.limit, condition] + carried
    let names = loop.call.outputs
    let collected = loop.outputs.count - (loop.call.type == "Loop" ? 1 : 0)
    let unknown = TensorType(.bool, [])
    let node = draft.graph.addNode(
      Loop(), operands, types: Array(repeating: unknown, count: collected), name: loop.call.name,
      resultNames: (0..<collected).map {
        $0 < names.count && !names[$0].isEmpty ? loop.frame.name(names[$0]) : loop.call.name
      },
      origin: Origin(index: loop.call.index, type: loop.call.type), in: loop.frame.block)
    let block = draft.graph.addBlock(to: node)
    let prefix = draft.uniquePrefix(loop.call.name)
    let turn = draft.graph.addInput(prefix + "turn", TensorType(.int64, []), to: block)
    let goesOn = draft.graph.addInput(prefix + "condition", TensorType(.bool, []), to: block)
    let states = carried.enumerated().map { place, value in
      draft.graph.addInput("\(prefix)carried_\(place)", graph[value].type, to: block)
    }
    var frame = loop.frame
    frame.block = block
    frame.prefix = prefix
    frame.renamed = [:]
    let (bodyNames, values) = try inputs(block, turn, states)
    let outputs = try readBody(loop, frame, Array(zip(bodyNames, values)))
    let (next, yielded) = results(outputs)
    guard next != nil || ends.most != nil || ends.limit != nil else {
      throw DiagnosticMessage("loop-body", "the loop has no end: its condition always holds")
    }
    draft.graph.setOutputs([next ?? goesOn] + yielded, of: block)
    if let fixed = graph.fixedTurns(of: node) {
      try allow(fixed, around: outer, loop)
    } else if collected > carried.count {
      throw Loop.unknownExtent
    }
    let types = try Loop().inferTypes(graph.inferenceContext(node))
    for (result, type) in zip(graph[node].results, types) {
      if let result { draft.graph.setType(result, type) }
    }
    return graph[node].results.compactMap { $0 }
  }

  /// Refuses a loop whose turns, and those of the loops around it, are too many.
  private func allow(
    _ turns: Int, around: Int, _ loop: ForeignLoop
  ) throws(DiagnosticMessage) {
    let (all, overflow) = around.multipliedReportingOverflow(by: turns)
    guard !overflow, all <= limits.turns else {
      throw DiagnosticMessage(
        "loop-length",
        "\(loop.call.type) makes \(turns) turns\(around > 1 ? " in loops of \(around)" : ""), more than "
          + "\(limits.turns) in all; --limit turns=N allows more")
    }
  }

  private func readBody(
    _ loop: ForeignLoop, _ frame: Frame, _ inputs: [(String, ValueID)]
  ) throws(DiagnosticMessage) -> [ValueID] {
    let inner = Scope(parent: loop.scope, types: loop.types)
    for (name, value) in inputs { inner.define(name, .value(value), what: "input", log) }
    let faults = log.faults
    bodies.readNodes(messages(loop.body.pointee.node, loop.body.pointee.n_node), inner, frame)
    guard log.faults == faults else {
      throw DiagnosticMessage(
        "loop-body", "the body of \(loop.call.type) cannot be compiled, as said above")
    }
    return try blocks.blockOutputs(loop.body, inner)
  }
}

/// When a loop that is not unrolled ends.
private struct LoopEnds {
  /// The most turns, if that is known.
  var most: Int?
  /// The most turns, where they are computed.
  var limit: ValueID?
  /// The condition of the first turn, where it is computed.
  var condition: ValueID?
}
