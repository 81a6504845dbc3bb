/// A block that runs again and again, each turn on what the one before yields.
///
/// The block takes the number of the turn, a condition that holds, and the carried values; it yields
/// the condition of the next turn, the carried values, and what is collected along a new first axis,
/// which takes a number of turns that is known. Short loops of known length are unrolled when a model
/// is read, and so is Scan; this is what stands for the others.
package struct Loop: Operator {
  package static let schema = OperatorSchema(
    "Loop", operands: ["M", "cond?", "v_initial*"], results: ["v_final_and_scan_outputs*"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// What the block yields at last, and all that it yields besides.
  ///
  /// - Throws: `loop-body`, `loop-carried`, `loop-unknown`.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let carried = context.operands.dropFirst(2)
    guard let yielded = context.blockResults.first, yielded.count > carried.count else {
      throw DiagnosticMessage("loop-body", "the body of Loop does not fit the operands")
    }
    var types: [TensorType] = []
    for (place, (first, next)) in zip(carried, yielded.dropFirst()).enumerated() {
      guard let first, first.element == next.element, first.shape == next.shape,
        first.element.isComputable
      else {
        throw DiagnosticMessage(
          "loop-carried",
          "carried value \(place) is \(first.map { "\($0)" } ?? "absent") at first and \(next) after "
            + "a turn; a loop that is not unrolled carries one static type to compute in")
      }
      types.append(first)
    }
    for type in yielded.dropFirst(1 + carried.count) {
      guard let turns = (context.known.first ?? nil)?.integers?.first else {
        throw Self.unknownExtent
      }
      types.append(try .checked(type.element, [max(turns, 0)] + type.shape))
    }
    return types
  }

  /// Said of a loop that collects results, but whose turns are counted by a condition only.
  package static let unknownExtent = DiagnosticMessage(
    "loop-unknown",
    "what Loop collects has as many rows as it makes turns, which are known only when the code runs; "
      + "make their number a constant and let the condition always hold, or leave these results out"
  )

  /// Lowered by way of its block, never by itself.
  ///
  /// - Throws: `loop-body`.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    throw DiagnosticMessage("loop-body", "Loop is lowered by way of its body")
  }
}

extension Graph {
  /// How often the block of a loop runs.
  ///
  /// - Parameter loop: The node.
  /// - Returns: The number of turns; `nil` where a condition ends the loop, or the number is computed.
  package func fixedTurns(of loop: NodeID) -> Int? {
    let node = self[loop]
    guard let count = constant(node.operand(0))?.integers?.first else { return nil }
    guard let start = node.operand(1) else { return max(count, 0) }
    guard let block = node.blocks.first, let next = self[block].outputs.first,
      constant(start)?.integers == [1],
      constant(next)?.integers == [1] || self[block].inputs.dropFirst().first == next
    else { return nil }
    return max(count, 0)
  }
}
