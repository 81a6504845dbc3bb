/// What QLinearAveragePool and QLinearGlobalAveragePool share: means of 8-bit integers.
package protocol QuantizedPooling: Pooling {}

extension QuantizedPooling {
  package static func declared(
    _ name: String, attributes: KeyValuePairs<String, Attribute?>
  ) -> OperatorSchema {
    OperatorSchema(
      name, domain: "com.microsoft",
      operands: ["X", "x_scale", "x_zero_point?", "y_scale", "y_zero_point?"],
      attributes: attributes,
      allowed: Requantization.allowed.merging(["channels_last": .flag]) { old, _ in old },
      adapted: Requantization.names)
  }

  /// The grids of the operand and of the result.
  func grids(
    _ context: InferenceContext
  ) throws(DiagnosticMessage) -> (x: QuantizedGrid, y: QuantizedGrid) {
    let x = try context.quantized(0)
    return (
      try context.grid(x.element, scale: 1, zeroPoint: 2),
      try context.grid(x.element, scale: 3, zeroPoint: 4)
    )
  }

  /// Whether channels stand behind the spatial axes.
  var channelsLast: Bool { settings.flag("channels_last") }

  /// A shape with its channels, which stand last in the file, behind the batch.
  func channelsFirst(_ shape: [Int]) -> [Int] {
    guard channelsLast, shape.count > 2 else { return shape }
    return [shape[0], shape[shape.count - 1]] + shape[1..<(shape.count - 1)]
  }

  /// The inverse of `channelsFirst`.
  func asInFile(_ shape: [Int]) -> [Int] {
    guard channelsLast, shape.count > 2 else { return shape }
    return [shape[0]] + shape[2...] + [shape[1]]
  }

  /// A view with its channels, which stand last in the file, behind the batch.
  func channelsFirst(_ view: TensorView) -> TensorView {
    guard channelsLast, view.rank > 2 else { return view }
    return view.permuted([0, view.rank - 1] + Array(1..<(view.rank - 1)))
  }

  /// Every element once, but a permuted view is not the result that a tail waits for.
  package var storesOnce: Bool { !channelsLast }
}

/// How the mean of a number of integers is requantized.
package struct QuantizedMean {
  package let x: QuantizedGrid
  package let y: QuantizedGrid

  package init(x: QuantizedGrid, y: QuantizedGrid) { (self.x, self.y) = (x, y) }

  /// The scales of sums of `counts` integers.
  ///
  /// - Returns: As many, of one shift; `nil` where a sum might not fit into int32.
  package func scales(_ counts: [Int]) -> [RequantizationScale]? {
    let real = counts.map { Double(x.scale) / (Double(y.scale) * Double($0)) }
    let factors = counts.map { x.scale / (y.scale * Float($0)) }
    guard let most = counts.max(), most <= 1 << 22,
      let scales = RequantizationScale.list(real, factors: factors),
      let shift = scales.first?.shift,
      255 * most << shift < 1 << 31
    else { return nil }
    return scales
  }
}
