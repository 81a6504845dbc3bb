/// The operands of a convolution of quantized tensors.
package struct IntegerConvolution {
  package var x: Int
  package var w: Int
  package var xZeroPoint: Int
  package var wZeroPoint: Int

  /// Checks ranks, channels and zero points.
  package func shape(
    _ context: InferenceContext, _ attributes: Attributes
  ) throws(DiagnosticMessage) -> [Int] {
    var (x, w) = (try context.quantized(x), try context.quantized(w))
    (x.element, w.element) = (.int32, .int32)
    let plain = InferenceContext(operands: [x, w])
    let shape = try Conv(attributes: attributes).inferTypes(plain)[0].shape
    for index in [xZeroPoint, wZeroPoint] where context.has(index) {
      let count = try context.computable(index).count
      guard count == 1 || index == wZeroPoint && count == w.shape[0] else {
        throw DiagnosticMessage(
          "quantization-shape",
          "a zero point of \(try context.type(index)) is neither one number nor one for each filter"
        )
      }
    }
    return shape
  }

  /// Output-stationary loops in int32; stores what the operator makes of each sum.
  package func lower(
    _ builder: LoopBuilder, _ op: any SlidingOperator, bias: TensorView?
  ) throws(DiagnosticMessage) {
    let (x, w, y) = (try builder.operand(x), try builder.operand(w), try builder.result())
    let conv = Conv(attributes: op.attributes)
    let window = try op.window(x.shape, w.shape)
    let finish = try op.finishing(builder)
    let perGroup = max(y.shape[1] / conv.group, 1)
    let shiftX = builder.operandIfAny(xZeroPoint)
    let shiftW = builder.operandIfAny(wZeroPoint)
    let isSparse = builder.constants[self.w]?.storage.isSparse == true && op is QLinearConv
    try builder.loops(y.shape) { (index) throws(DiagnosticMessage) in
      let start = bias.map { $0[[index[1]]].converted(to: .int32) } ?? .constant(0, .int32)
      let sum = builder.declare("sum", start)
      let first = conv.group == 1 ? Expr.integer(0) : index[1] / .integer(perGroup) * w.shape[1]
      let zeroX = shiftX.map { builder.define("zx", $0.perFilter(index[1]).converted(to: .int32)) }
      let zeroW = shiftW.map { builder.define("zw", $0.perFilter(index[1]).converted(to: .int32)) }
      func add(_ weight: Expr, _ tap: [Expr]) {
        let place = [index[0], first + tap[0]] + window.taps(Array(index[2...]), Array(tap[1...]))
        builder.whenInside(place, x.shape, from: 2, window) {
          var (a, b) = (x[place].converted(to: .int32), weight.converted(to: .int32))
          if let zeroX { a = a - zeroX }
          if let zeroW { b = b - zeroW }
          builder.accumulate(sum, a * b)
        }
      }
      if isSparse {
        try builder.forEachNonzero(of: self.w, rowAxis: 0, row: index[1]) { column, weight in
          add(weight, builder.unravel(column, Array(w.shape[1...])))
        }
      } else {
        builder.loops(Array(w.shape[1...]), "k") { tap in add(w[[index[1]] + tap], tap) }
      }
      builder.store(finish(.variable(sum), index), to: y, at: index)
    }
  }
}

extension TensorView {
  /// The number that counts for a filter: the only one, or the filter's own.
  package func perFilter(_ filter: Expr) -> Expr {
    if count == 1 { return self[shape.map { _ in .integer(0) }] }
    return self[shape.map { $0 == 1 ? .integer(0) : filter }]
  }
}
