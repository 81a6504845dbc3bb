/// A block that runs a known number of times, each turn on what the one before yields.
///
/// The block takes the number of the turn, a condition that always holds, and the carried values; it
/// yields the condition, the carried values, and what is collected along a new first axis. Short loops
/// are unrolled when a model is read, and so is Scan; this is what stands for the others.
package struct Loop: Operator {
  package static let schema = OperatorSchema(
    "Loop", operands: ["M", "cond?", "v_initial*"], results: ["v_final_and_scan_outputs*"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// How often the block runs.
  ///
  /// - Parameter context: The operands.
  /// - Returns: The number of turns.
  /// - Throws: `loop-unknown` when it is computed.
  package func turns(_ context: InferenceContext) throws(DiagnosticMessage) -> Int {
    guard let turns = (context.known.first ?? nil)?.integers?.first else {
      throw DiagnosticMessage(
        "loop-unknown", "the number of turns must be known at compile time; make it a constant")
    }
    return max(turns, 0)
  }

  /// What the block yields at last, and all that it yields besides.
  ///
  /// - Throws: `loop-body`, `loop-carried`, `loop-unknown`.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let (turns, carried) = (try turns(context), context.operands.dropFirst(2))
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
      types.append(try .checked(type.element, [turns] + type.shape))
    }
    return types
  }

  /// Lowered by way of its block, never by itself.
  ///
  /// - Throws: `loop-body`.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    throw DiagnosticMessage("loop-body", "Loop is lowered by way of its body")
  }
}
