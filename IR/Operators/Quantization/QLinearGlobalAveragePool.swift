/// The mean of each channel of a quantized tensor, requantized from the sum of its integers.
package struct QLinearGlobalAveragePool: QuantizedPooling {
  package static let schema = declared(
    "QLinearGlobalAveragePool",
    attributes: [
      "channels_last": .int(0), "hi": nil, "lo": nil, "requantize": .string("onnx"),
    ])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// The channels, with spatial extents of 1.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let grids = try grids(context)
    let x = try context.type(0)
    guard x.rank >= 3 else {
      throw DiagnosticMessage("pooling-rank", "X is \(x); its rank must be 3 or more")
    }
    _ = try Requantization(settings, x.element)
    let shape = channelsFirst(x.shape)
    let count = product(shape[2...].map { $0 }).value
    guard QuantizedMean(x: grids.x, y: grids.y).scales([max(count, 1)]) != nil else {
      throw DiagnosticMessage(
        "quantization-scale", "\(count) numbers of this scale cannot be summed in int32")
    }
    return [TensorType(x.element, asInFile(shape[..<2] + shape[2...].map { _ in 1 }))]
  }

  /// One pass over each channel.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let grids = try grids(builder.context)
    let requantization = try Requantization(settings, grids.y.element)
    let (x, y) = (channelsFirst(try builder.operand(0)), channelsFirst(try builder.result()))
    let axes = ReducedAxes(x.shape, Array(2..<x.rank))
    let scale = QuantizedMean(x: grids.x, y: grids.y).scales([max(axes.count, 1)])?.first
    axes.outer(builder) { index in
      let sum = builder.declare("sum", .constant(0, .int32))
      axes.inner(builder, index) { place in
        let element = x[place].converted(to: .int32)
        builder.accumulate(sum, element - .constant(Double(grids.x.zeroPoint), .int32))
      }
      let value = requantization.expression(
        .variable(sum), factor: .constant(Double(scale?.factor ?? 0), .float32),
        multiplier: .constant(Double(scale?.multiplier ?? 0), .int32), shift: scale?.shift ?? 0,
        zero: .constant(Double(grids.y.zeroPoint), .int32), grids.y.element)
      builder.store(value, to: y, at: index)
    }
  }
}
