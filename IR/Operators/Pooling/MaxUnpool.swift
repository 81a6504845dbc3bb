/// The inverse of max pooling: elements go where `I` says, zeros elsewhere.
package struct MaxUnpool: Operator {
  package static let schema = OperatorSchema(
    "MaxUnpool", since: 9, operands: ["X", "I", "output_shape?"], results: ["output"],
    attributes: ["kernel_shape": nil, "pads": nil, "strides": nil])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// The shape that indices count in.
  private func pooledShape(_ x: [Int]) throws(DiagnosticMessage) -> [Int] {
    guard x.count >= 3, let kernel = settings.ints("kernel_shape") else {
      throw DiagnosticMessage("window", "kernel_shape is required and X must have rank 3 or more")
    }
    let window = try TransposedWindow(settings, kernel: kernel, input: Array(x[2...]))
    return x[..<2] + window.output
  }

  /// `output_shape` if given, else the inverse of pooling's rule.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let (x, indices) = (try context.computable(0), try context.computable(1))
    guard x.shape == indices.shape, indices.element == .int64 else {
      throw DiagnosticMessage(
        "unpool-indices", "I must be int64 of the shape of X",
        notes: ["X is \(x)", "I is \(indices)"])
    }
    var shape = try pooledShape(x.shape)
    if context.has(2) {
      let wanted = try context.integers(2, "the output shape")
      guard wanted.count == shape.count, zip(wanted, shape).allSatisfy({ $0 >= $1 }) else {
        throw DiagnosticMessage("unpool-shape", "output_shape \(wanted) must be at least \(shape)")
      }
      shape = wanted
    }
    return [TensorType(x.element, shape)]
  }

  /// The declared shape.
  package func impliedOperands(_ context: InferenceContext) -> [Int: ImpliedOperand] {
    guard let (count, result) = context.shown(2), count == result.rank else { return [:] }
    return [2: ImpliedOperand(exactly: result.shape)]
  }

  /// Zeros, then a scatter; indices outside are left out.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, indices, y) = (try builder.operand(0), try builder.operand(1), try builder.result())
    let inner = try pooledShape(x.shape)
    builder.loops(y.shape) { builder.store(.constant(0, y.element), to: y, at: $0) }
    builder.loops(x.shape) { index in
      let given = builder.define("given", indices[index])
      let low = given.compared(.ge, given.like(0))
      let high = given.compared(.lt, given.like(Double(inner.reduce(1, *))))
      builder.when(low.and(high)) {
        let place = builder.define("place", given.converted(to: .index))
        builder.store(x[index], to: y, at: builder.unravel(place, inner))
      }
    }
  }
}
