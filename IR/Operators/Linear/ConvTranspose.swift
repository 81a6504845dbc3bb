/// The transposed convolution over any number of spatial axes, in groups, with optional bias.
package struct ConvTranspose: LinearOperator {
  package static let schema = OperatorSchema(
    "ConvTranspose", operands: ["X", "W", "B?"],
    attributes: [
      "auto_pad": .string("NOTSET"), "dilations": nil, "group": .int(1), "kernel_shape": nil,
      "output_padding": nil, "output_shape": nil, "pads": nil, "strides": nil,
    ])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// The number of groups.
  package var group: Int { settings.int("group") }
  package var linearOperands: [Int] { [1] }
  package var storesOnce: Bool { true }

  package func linearReading(
    of operand: Int, _ operands: [TensorType?], result: TensorType?
  ) -> LinearReading? {
    guard let x = operands.type(0), let weight = operands.type(1), weight.rank >= 2,
      weight.shape[0] > 0
    else { return nil }
    return LinearReading(
      kind: .convolution, operand: 1, input: 0, inputAxis: 1, rowAxis: 1, columnAxis: 0,
      groups: group, outputChannels: saturatingProduct(weight.shape[1], group), outputAxis: 1,
      macs: saturatingProduct(x.count, weight.count / weight.shape[0]), silenced: [0, 1],
      addend: LinearReading.Addend(operand: 2), walksNonzeros: group == 1)
  }

  /// Checks ranks, channels and groups.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let (x, w) = (try context.number(0), try context.number(1))
    guard x.rank >= 3, w.rank == x.rank, x.element == w.element else {
      throw DiagnosticMessage(
        "conv-rank", "activations and weights must be of one element type and rank, 3 or more",
        notes: ["X is \(x)", "W is \(w)"])
    }
    guard group > 0, w.shape[0] == x.shape[1], w.shape[0] % group == 0 else {
      throw DiagnosticMessage(
        "conv-channels",
        "weight takes \(w.shape[0]) channels in \(group) groups, but x has \(x.shape[1])",
        notes: ["X is \(x)", "W is \(w)"])
    }
    let (channels, overflow) = product([w.shape[1], group])
    if context.has(2) {
      let bias = try context.type(2)
      guard !overflow, bias == TensorType(x.element, [channels]) else {
        throw DiagnosticMessage(
          "conv-bias", "bias must be [\(channels)] of the type of X", notes: ["B is \(bias)"])
      }
    }
    let window = try TransposedWindow(
      settings, kernel: Array(w.shape[2...]), input: Array(x.shape[2...]))
    return [TensorType(x.element, [x.shape[0], channels] + window.output)]
  }

  /// Output-stationary loops; for each output the taps that meet an element of the operand.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, w, y) = (try builder.operand(0), try builder.operand(1), try builder.result())
    let input = Array(x.shape[2...])
    let window = try TransposedWindow(settings, kernel: Array(w.shape[2...]), input: input)
    let bias = builder.operandIfAny(2)
    try builder.loops(y.shape) { (index) throws(DiagnosticMessage) in
      let sum = builder.declare(
        "sum", bias.map { $0[[index[1]]].converted(to: y.element) } ?? .constant(0, y.element))
      try forEachWeight(w, index[1], builder) { channel, tap, weight in
        window.whenMet(Array(index[2...]), tap, input, builder) { place in
          builder.accumulate(sum, x[[index[0], channel] + place] * weight)
        }
      }
      builder.store(.variable(sum), to: y, at: index)
    }
  }

  private func forEachWeight(
    _ w: TensorView, _ output: Expr, _ builder: LoopBuilder,
    _ body: (_ channel: Expr, _ tap: [Expr], _ weight: Expr) -> Void
  ) throws(DiagnosticMessage) {
    if group == 1 {
      return try builder.forEachNonzero(of: 1, rowAxis: 1, row: output) { column, weight in
        let part = builder.unravel(column, [w.shape[0]] + w.shape[2...])
        body(part[0], Array(part[1...]), weight)
      }
    }
    let inputs = w.shape[0] / group
    let first = (output / .integer(w.shape[1])) * inputs
    let local = combine(.rem, output, .integer(w.shape[1]))
    builder.loops([inputs] + w.shape[2...], "k") { part in
      let (channel, tap) = (first + part[0], Array(part[1...]))
      body(channel, tap, w[[channel, local] + tap])
    }
  }
}
