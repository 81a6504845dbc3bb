/// Convolution of activations with weights.
///
/// Activations are N x C x D1 x ..., weights M x C/group x k1 x ...
package struct Conv: SlidingOperator {
  package static let schema = OperatorSchema(
    "Conv", operands: ["X", "W", "B?"],
    attributes: [
      "auto_pad": .string("NOTSET"), "dilations": nil, "group": .int(1), "kernel_shape": nil,
      "pads": nil, "strides": nil,
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
    var reading = LinearReading.convolution(1, of: 0, groups: group, operands, result: result)
    reading?.addend = LinearReading.Addend(operand: 2)
    reading?.start = 2
    return reading
  }

  /// Checks ranks, channels and groups.
  ///
  /// - Throws: `conv-rank`, `conv-channels`, `conv-bias`, `window`.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let (x, w) = (try context.number(0), try context.number(1))
    guard x.rank >= 3, w.rank == x.rank, x.element == w.element else {
      throw DiagnosticMessage(
        "conv-rank", "activations and weights must be of one element type and rank, 3 or more",
        notes: ["X is \(x)", "W is \(w)"])
    }
    guard group > 0, w.shape[1] &* group == x.shape[1], w.shape[0] % group == 0 else {
      throw DiagnosticMessage(
        "conv-channels",
        "weight has \(w.shape[1]) channels for each of \(group) groups, but x has \(x.shape[1])",
        notes: ["X is \(x)", "W is \(w)"])
    }
    if context.has(2) {
      let bias = try context.type(2)
      guard bias == TensorType(x.element, [w.shape[0]]) else {
        throw DiagnosticMessage(
          "conv-bias", "bias must be [\(w.shape[0])] of the type of X", notes: ["B is \(bias)"])
      }
    }
    let window = try window(x.shape, w.shape)
    return [TensorType(x.element, [x.shape[0], w.shape[0]] + window.output)]
  }

  /// Output-stationary loops; the nonzeros of each filter innermost.
  ///
  /// - Throws: `window`.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, w, y) = (try builder.operand(0), try builder.operand(1), try builder.result())
    let window = try window(x.shape, w.shape)
    let perGroup = y.shape[1] / group
    let bias = builder.operands.count > 2 ? builder.operands[2] : nil
    try builder.loops(y.shape) { (index) throws(DiagnosticMessage) in
      let start = bias.map { $0[[index[1]]] } ?? .constant(0, y.element)
      let sum = builder.declare("sum", start)
      let first = group == 1 ? Expr.integer(0) : index[1] / .integer(perGroup) * w.shape[1]
      try builder.forEachNonzero(of: 1, rowAxis: 0, row: index[1]) {
        (column, weight) throws(DiagnosticMessage) in
        let tap = builder.unravel(column, Array(w.shape[1...]))
        let place = [index[0], first + tap[0]] + window.taps(Array(index[2...]), Array(tap[1...]))
        builder.whenInside(place, x.shape, from: 2, window) {
          builder.accumulate(sum, x[place] * weight)
        }
      }
      builder.store(.variable(sum), to: y, at: index)
    }
  }
}

extension SpatialWindow {
  /// Where the taps of a window read, before bounds are checked.
  ///
  /// - Parameters:
  ///   - output: The index of the window along each spatial axis.
  ///   - tap: The index inside the window.
  /// - Returns: The index in the operand, which may lie in the padding.
  public func taps(_ output: [Expr], _ tap: [Expr]) -> [Expr] {
    output.indices.map { axis in
      let start = output[axis] * strides[axis] - begin[axis]
      return start + tap[axis] * dilations[axis]
    }
  }

  /// Whether some window reaches into the padding along an axis.
  ///
  /// - Parameters:
  ///   - axis: The spatial axis.
  ///   - input: The operand's extent along it.
  /// - Returns: Whether bounds must be checked.
  public func needsBounds(_ axis: Int, input: Int) -> Bool {
    begin[axis] > 0 || (output[axis] - 1) * strides[axis] + reach(axis) - begin[axis] > input
  }
}

extension LoopBuilder {
  /// Runs statements if an index lies inside an operand; axes that cannot leave it are not tested.
  ///
  /// - Parameters:
  ///   - index: One expression for each axis.
  ///   - shape: The operand's extents.
  ///   - first: The first spatial axis.
  ///   - window: The windows that the index comes from.
  ///   - body: What runs.
  /// - Throws: What `body` throws.
  public func whenInside<E: Error>(
    _ index: [Expr], _ shape: [Int], from first: Int, _ window: SpatialWindow,
    _ body: () throws(E) -> Void
  ) throws(E) {
    var condition: Expr?
    for axis in first..<shape.count where window.needsBounds(axis - first, input: shape[axis]) {
      let low = index[axis].compared(.ge, .integer(0))
      let high = index[axis].compared(.lt, .integer(shape[axis]))
      let both = Expr.binary(.and, low, high)
      condition = condition.map { .binary(.and, $0, both) } ?? both
    }
    guard let condition else { return try body() }
    try when(condition, body)
  }
}
