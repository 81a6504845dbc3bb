/// A window function that is a sum of cosines.
package protocol CosineWindow: Operator {
  /// The constant, and the factors of one and of two turns.
  static var factors: (Double, Double, Double) { get }
}

extension CosineWindow {
  /// A vector of the size, which must be known.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let sizes = try context.integers(0, "the size")
    let wanted = settings.int("output_datatype")
    guard sizes.count == 1, 0...(1 << 24) ~= sizes[0] else {
      throw DiagnosticMessage("window", "the size must be one number from 0 to 16777216")
    }
    guard let element = ElementType(onnx: wanted), element.isFloat || element.isInteger,
      element.bits >= 8
    else {
      let name = ElementType(onnx: wanted)?.rawValue ?? "\(wanted)"
      throw DiagnosticMessage(
        "element-type", "output_datatype is \(name), which windows are not made of")
    }
    return [TensorType(element, [sizes[0]])]
  }

  /// The size, from the declared shape.
  package func impliedOperands(_ context: InferenceContext) -> [Int: ImpliedOperand] {
    guard let (count, result) = context.shown(0), count == 1, result.rank == 1 else { return [:] }
    return [0: ImpliedOperand(exactly: result.shape)]
  }

  /// Every element from its place.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let y = try builder.result()
    let turns = settings.flag("periodic") ? y.count : y.count - 1
    let step = 2 * Double.pi / Double(max(turns, 1))
    let factors = Self.factors
    let number = { (value: Double) in Expr.constant(value, .float64) }
    builder.loops(y.shape) { index in
      let angle = builder.define("angle", index[0].converted(to: .float64) * number(step))
      let once = number(factors.1) * angle.applying(.cos)
      let twice = number(factors.2) * (angle * number(2)).applying(.cos)
      let value = factors.2 == 0 ? number(factors.0) + once : number(factors.0) + once + twice
      builder.store(value.converted(to: y.element), to: y, at: index)
    }
  }

  /// Always.
  package var storesOnce: Bool { true }
}
