import CoppiceIR
import CoppicePassManager

extension Graph {
  /// Warns that an element pass found no weight, with the reason.
  func warnOfNoWeights(_ context: inout PassContext) {
    let all = weights()
    let open = all.filter { $0.refusal == nil }
    if !open.isEmpty { return context.warn(.nothing("only{...} leaves no weight to the pass")) }
    if let first = all.first, let refusal = first.refusal {
      let others = all.count == 1 ? "" : ", and \(all.count - 1) more like it"
      return context.warn(
        .nothing(
          "the weight '\(self[first.value].name)' cannot be pruned by element\(others): \(refusal)",
          notes: [
            "prune the float model, or run fold-constants first, which makes float weights of"
              + " those behind DequantizeLinear"
          ]))
    }
    let computed = computedWeights()
    if let first = computed.first {
      let (source, reader) = (self[first.source], self[first.node])
      return context.warn(
        .nothing(
          (computed.count == 1
            ? "1 weight is computed, that of "
            : "\(computed.count) weights are computed, such as that of ")
            + "\(reader.op.name) '\(reader.name)' by \(source.op.name) '\(source.name)'",
          notes: [
            "run fold-constants or @cleanup before: then "
              + (computed.count == 1 ? "it is a constant" : "they are constants")
          ]))
    }
    context.warn(
      .nothing("no convolution, matrix product or recurrence reads a constant of rank 2 or more"))
  }
}

extension DiagnosticMessage {
  /// Warns that a pass changes nothing.
  static func nothing(_ reason: String, notes: [String] = []) -> Self {
    Self("prune-nothing", "nothing is pruned: \(reason)", notes: notes)
  }
}
