/// The triangles of mel bands over the bins of a spectrum.
package struct MelWeightMatrix: Operator {
  package static let schema = OperatorSchema(
    "MelWeightMatrix", since: 17,
    operands: [
      "num_mel_bins", "dft_length", "sample_rate", "lower_edge_hertz", "upper_edge_hertz",
    ], results: ["output"], attributes: ["output_datatype": .int(1)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// A row for each bin, a column for each band.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let bands = try context.integers(0, "the number of mel bins").first ?? 0
    let length = try context.integers(1, "the length of the transform").first ?? 0
    for index in 0...4 {
      let scalar = try context.number(index)
      guard scalar.count == 1 else {
        throw DiagnosticMessage("mel-bins", "operand \(index) is \(scalar), but must be one number")
      }
    }
    guard let element = ElementType(onnx: settings.int("output_datatype")),
      element.isComputable, element != .bool, 1...(1 << 24) ~= bands, 1...(1 << 24) ~= length
    else {
      throw DiagnosticMessage(
        "mel-bins", "\(bands) bands of a transform of \(length) in that type are not possible")
    }
    return [try TensorType.checked(element, [length / 2 + 1, bands])]
  }

  /// The number of bands, and of the transform's lengths the even one, from the declared shape.
  package func impliedOperands(_ context: InferenceContext) -> [Int: ImpliedOperand] {
    var implied: [Int: ImpliedOperand] = [:]
    if let (count, result) = context.shown(0), count == 1, result.rank == 2 {
      implied[0] = ImpliedOperand(exactly: [result.shape[1]])
    }
    if let (count, result) = context.shown(1), count == 1, result.rank == 2 {
      implied[1] = ImpliedOperand(exactly: [2 * (result.shape[0] - 1)])
    }
    return implied
  }

  /// The corners of each triangle, then its slopes.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let y = try builder.result()
    let length = try builder.context.integers(1, "the length of the transform").first ?? 0
    let (bins, bands) = (y.shape[0], y.shape[1])
    let rate = first(try builder.operand(2))
    let low = mel(first(try builder.operand(3)), builder)
    let high = mel(first(try builder.operand(4)), builder)
    let step = builder.define("step", (high - low) / number(Double(bands + 2)))
    builder.loop("i", bands) { band in
      let corners = (0...2).map { offset in
        let place = (band + offset).converted(to: .float64)
        let power = Expr.math(.pow, [number(10), (place * step + low) / number(2595)])
        let hertz = number(700) * (power - number(1))
        let bin = Expr.math(.floor, [number(Double(length + 1)) * hertz / rate])
        return builder.define("corner", bin)
      }
      let (rise, fall) = (corners[1] - corners[0], corners[2] - corners[1])
      builder.loop("j", bins) { bin in
        let place = builder.define("bin", bin.converted(to: .float64))
        let isBefore = place.compared(.ge, corners[0]).and(place.compared(.lt, corners[1]))
        let isRising = place.compared(.ge, corners[0]).and(place.compared(.le, corners[1]))
        let isFalling = place.compared(.ge, corners[1]).and(place.compared(.lt, corners[2]))
        let peak = Expr.select(place.compared(.eq, corners[1]), number(1), number(0))
        let up = Expr.select(
          rise.compared(.eq, number(0)), peak,
          .select(isRising, (place - corners[0]) / rise, number(0)))
        let down = Expr.select(isFalling, (corners[2] - place) / fall, up)
        let value = Expr.select(isBefore, up, down)
        builder.store(value.converted(to: y.element), to: y, at: [bin, band])
      }
    }
  }

  private func first(_ view: TensorView) -> Expr {
    view[[Expr](repeating: .integer(0), count: view.rank)].converted(to: .float64)
  }

  private func number(_ value: Double) -> Expr { .constant(value, .float64) }

  private func mel(_ hertz: Expr, _ builder: LoopBuilder) -> Expr {
    let logarithm = Expr.math(.log, [number(1) + hertz / number(700)])
    return builder.define("mel", number(2595 / 2.302585092994046) * logarithm)
  }
  package var storesOnce: Bool { true }
}
