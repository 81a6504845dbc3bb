import COnnx
@_spi(RawEditing) import CoppiceIR

/// What a reader has read so far, to go back to.
struct Reading {
  private let graph: Graph
  private let diagnostics: [Diagnostic]
  private let provenance: Provenance
  private let words: Texts
  private let counts: (nodes: Int, folded: Int, turns: Int, unrolled: Int)
  private let calls: [String: Int]

  init(_ reader: ModelReader) {
    graph = reader.graph
    diagnostics = reader.diagnostics
    provenance = reader.provenance
    words = reader.words
    counts = (reader.nodeBudget, reader.foldedWork, reader.unrolledTurns, reader.unrolledNodes)
    calls = reader.calls
  }

  func restore(_ reader: ModelReader) {
    reader.graph = graph
    reader.diagnostics = diagnostics
    reader.provenance = provenance
    reader.words = words
    (reader.nodeBudget, reader.foldedWork, reader.unrolledTurns, reader.unrolledNodes) = counts
    reader.calls = calls
  }
}

/// Loops whose bodies stay bodies.
extension ModelReader {
  /// How often a body runs, if that is known.
  func turns(of loop: Unrolling) -> Int? {
    if loop.call.type == "Loop" { return graph.constant(loop.operand(0))?.integers?.first }
    let scanned = Int(clamping: loop.call.attributes["num_scan_inputs"]?.pointee.i ?? 0)
    guard loop.call.opset >= 9, scanned > 0, let source = loop.call.operands.suffix(scanned).first,
      let source, let axes = try? scanAxes(loop, [source]), let axis = axes.first
    else { return nil }
    return graph[source].type.shape[axis]
  }

  /// Adds a Loop with a body, for a Loop or a Scan whose turns are known.
  func turned(_ loop: Unrolling) throws(DiagnosticMessage) -> [ValueID] {
    try loop.call.type == "Loop" ? turnedLoop(loop) : turnedScan(loop)
  }

  private func turnedLoop(_ loop: Unrolling) throws(DiagnosticMessage) -> [ValueID] {
    guard let limit = loop.operand(0) else {
      throw DiagnosticMessage("loop-unknown", "the number of turns must be known at compile time")
    }
    let starts = try loop.operand(1).map { value throws(DiagnosticMessage) in
      try known(value, "the condition") != 0
    }
    let turns = starts == false ? 0 : max(try known(limit, "the number of turns"), 0)
    let carried = loop.call.operands.dropFirst(2).compactMap { $0 }
    guard loop.inputs.count == carried.count + 2, loop.outputs.count > carried.count else {
      throw DiagnosticMessage("loop-body", "the body does not fit the operands")
    }
    return try addLoop(loop, turns: turns, carried) { _, turn, states in
      let condition = self.constant(.scalar(1, .bool), loop, "condition")
      return (loop.inputs, [turn, condition] + states)
    } results: { outputs throws(DiagnosticMessage) in
      guard starts == nil || self.graph.constant(outputs[0])?.integers == [1] else {
        throw DiagnosticMessage(
          "loop-unknown",
          "the condition of the next turn, %\(self.graph[outputs[0]].name), is computed when the code runs; "
            + "a loop that is not unrolled must always make all its turns")
      }
      return Array(outputs.dropFirst())
    }
  }

  private func turnedScan(_ scan: Unrolling) throws(DiagnosticMessage) -> [ValueID] {
    let operands = scan.call.operands.compactMap { $0 }
    let scanned = Int(clamping: scan.call.attributes["num_scan_inputs"]?.pointee.i ?? 0)
    guard operands.count == scan.call.operands.count, 1...max(operands.count, 1) ~= scanned,
      scan.inputs.count == operands.count, scan.outputs.count >= operands.count - scanned
    else {
      throw DiagnosticMessage("scan-operands", "the body of Scan does not fit the operands")
    }
    let (states, sources) = (Array(operands.dropLast(scanned)), Array(operands.suffix(scanned)))
    let axes = try scanAxes(scan, sources)
    let extents = zip(sources, axes).map { graph[$0].type.shape[$1] }
    guard let turns = extents.first, extents.allSatisfy({ $0 == turns }) else {
      throw DiagnosticMessage("scan-operands", "the scanned operands have extents \(extents)")
    }
    let backwards = numbers("scan_input_directions", scan, scanned)
    let results = try addLoop(scan, turns: turns, states) {
      block, turn, states throws(DiagnosticMessage) in
      var inside = scan
      inside.frame.block = block
      var inputs = states
      for (index, source) in sources.enumerated() {
        var place = turn
        if backwards[index] == 1 {
          let last = self.constant(Constant([Int64(turns - 1)], .int64, []), scan, "last")
          place = try self.append(Sub(), [last, turn], inside)
        }
        let gather = Gather(attributes: ["axis": .int(axes[index])])
        inputs.append(try self.append(gather, [source, place], inside))
      }
      return (scan.inputs, inputs)
    } results: {
      $0
    }
    return try placed(results, states.count, scan)
  }

  /// Brings what a Scan collects along its first axis to the axis and order that were asked for.
  private func placed(
    _ results: [ValueID], _ states: Int, _ scan: Unrolling
  ) throws(DiagnosticMessage) -> [ValueID] {
    let count = results.count - states
    let axes = numbers("scan_output_axes", scan, count)
    let reversed = numbers("scan_output_directions", scan, count)
    var values = results
    for index in 0..<count {
      var value = values[states + index]
      if reversed[index] == 1 {
        let parts = [[-1], [Int(Int32.min)], [0], [-1]].map {
          constant(.indices($0), scan, "slice")
        }
        value = try append(Slice(), [value] + parts, scan)
      }
      let type = graph[value].type
      let axis = try existingAxis(axes[index], type)
      if axis > 0 {
        let order = Array(1..<type.rank)
        let perm = Array(order[..<axis]) + [0] + Array(order[axis...])
        value = try append(Transpose(attributes: ["perm": .ints(perm)]), [value], scan)
      }
      values[states + index] = value
    }
    return values
  }

  /// Adds the node and reads the body into its block.
  ///
  /// - Parameters:
  ///   - loop: What is read.
  ///   - turns: How often the body runs.
  ///   - carried: The values before the first turn.
  ///   - inputs: The names of the body's inputs and what they are, from the block, the turn and the carried values.
  ///   - results: What the block yields after the condition, from the outputs of the body.
  /// - Returns: The results of the node.
  /// - Throws: `loop-length`, `loop-body`, `loop-carried`, and what reading the body throws.
  private func addLoop(
    _ loop: Unrolling, turns: Int, _ carried: [ValueID],
    _ inputs: (BlockID, ValueID, [ValueID]) throws(DiagnosticMessage) -> ([String], [ValueID]),
    results: ([ValueID]) throws(DiagnosticMessage) -> [ValueID]
  ) throws(DiagnosticMessage) -> [ValueID] {
    let outer = turnsAround
    turnsAround = try allowed(turns, loop)
    defer { turnsAround = outer }
    let count = constant(Constant([Int64(turns)], .int64, []), loop, "turns")
    let operands = [count, constant(.scalar(1, .bool), loop, "condition")] + carried
    let names = loop.call.outputs
    let collected = loop.outputs.count - (loop.call.type == "Loop" ? 1 : 0)
    let unknown = TensorType(.bool, [])
    let node = graph.addNode(
      Loop(), operands, types: Array(repeating: unknown, count: collected), name: loop.call.name,
      resultNames: (0..<collected).map {
        $0 < names.count && !names[$0].isEmpty ? loop.frame.name(names[$0]) : loop.call.name
      },
      origin: Origin(index: loop.call.index, type: loop.call.type), in: loop.frame.block)
    let block = graph.addBlock(to: node)
    let prefix = uniquePrefix(loop.call.name)
    let turn = graph.addInput(prefix + "turn", TensorType(.int64, []), to: block)
    let goesOn = graph.addInput(prefix + "condition", TensorType(.bool, []), to: block)
    let states = carried.enumerated().map { place, value in
      graph.addInput("\(prefix)carried_\(place)", graph[value].type, to: block)
    }
    var frame = loop.frame
    frame.block = block
    frame.prefix = prefix
    frame.renamed = [:]
    let (bodyNames, values) = try inputs(block, turn, states)
    let outputs = try readBody(loop, frame, Array(zip(bodyNames, values)))
    graph.setOutputs([goesOn] + (try results(outputs)), of: block)
    let types = try Loop().inferTypes(graph.inferenceContext(node))
    for (result, type) in zip(graph[node].results, types) {
      if let result { graph.setType(result, type) }
    }
    return graph[node].results.compactMap { $0 }
  }

  /// The turns of a loop and those around it, if they are not too many.
  private func allowed(_ turns: Int, _ loop: Unrolling) throws(DiagnosticMessage) -> Int {
    let (all, overflow) = turnsAround.multipliedReportingOverflow(by: turns)
    guard !overflow, all <= options.limits.turns else {
      throw DiagnosticMessage(
        "loop-length",
        "\(loop.call.type) makes \(turns) turns\(turnsAround > 1 ? " in loops of \(turnsAround)" : ""), more than "
          + "\(options.limits.turns) in all; --limit turns=N allows more")
    }
    return max(all, 1)
  }

  private func readBody(
    _ loop: Unrolling, _ frame: Frame, _ inputs: [(String, ValueID)]
  ) throws(DiagnosticMessage) -> [ValueID] {
    let inner = Scope(parent: loop.scope, types: loop.types)
    for (name, value) in inputs { define(name, .value(value), in: inner, what: "input") }
    let faults = diagnostics.count(where: { $0.severity == .error })
    readNodes(messages(loop.body.pointee.node, loop.body.pointee.n_node), inner, frame)
    guard diagnostics.count(where: { $0.severity == .error }) == faults else {
      throw DiagnosticMessage(
        "loop-body", "the body of \(loop.call.type) cannot be compiled, as said above")
    }
    return try blockOutputs(loop.body, inner)
  }
}
