/// The factors by which the output channels of a parameter were multiplied.
package struct ChannelScale: Hashable, Sendable {
  package let factors: [Float]
  let channels: ChannelMap
}

/// The output channel of each element of a parameter.
struct ChannelMap: Hashable, Sendable {
  /// How many elements stand between one output channel and the next.
  let stride: Int

  /// Output channels of one group.
  let groupChannels: Int

  /// Elements of one group.
  let groupSize: Int

  let count: Int

  /// The output channels stand on the first axis.
  init?(leading shape: [Int]) {
    guard let channels = shape.first, channels > 0, let size = elementCount(of: shape), size > 0
    else { return nil }
    (count, groupChannels, groupSize) = (channels, channels, size)
    stride = size / channels
  }

  /// The output channels stand on the last axis.
  init?(trailing shape: [Int]) {
    guard let channels = shape.last, channels > 0, let size = elementCount(of: shape), size > 0
    else { return nil }
    (count, groupChannels, groupSize, stride) = (channels, channels, size, 1)
  }

  /// The output channels of each group stand on the second axis, the groups along the first.
  init?(transposedConvolution shape: [Int], groups: Int) {
    guard shape.count >= 2, groups > 0, shape[0] % groups == 0, let size = elementCount(of: shape),
      size > 0
    else { return nil }
    groupChannels = shape[1]
    groupSize = size / groups
    stride = shape[2...].reduce(1, *)
    count = shape[1] * groups
  }

  var elementsPerChannel: Int { groupSize / groupChannels }

  /// Whether each channel is a run of elements.
  var isLeading: Bool { stride == elementsPerChannel }

  func channel(_ position: Int) -> Int {
    let group = position / groupSize
    return group * groupChannels + position % groupSize / stride % groupChannels
  }
}

extension MatchTarget.Role {
  /// The output channels of a parameter that lies in a layout.
  func channels(of shape: [Int], in layout: RecordLayout) -> ChannelMap? {
    switch self {
    case .plain: ChannelMap(leading: shape)
    case .transposedConvolution(let groups):
      ChannelMap(transposedConvolution: shape, groups: groups)
    case .lstm, .gru:
      layout.hasTransposedGates ? ChannelMap(trailing: shape) : ChannelMap(leading: shape)
    }
  }
}

extension [RecordMatch] {
  /// The one factor of all channels of all owners; nil where they differ, or one is not scaled.
  ///
  /// A channel of zeros fits any factor and has 1.
  package var commonFactor: Float? {
    var common: Float?
    for owner in flatMap(\.owners) {
      guard let scale = owner.scale else { return nil }
      for factor in scale.factors where factor != 1 {
        let first = common ?? factor
        guard (factor - first).magnitude <= 1e-4 * first.magnitude else { return nil }
        common = first
      }
    }
    return common
  }
}

extension LayoutComparison {
  /// With fewer elements a factor of its own makes any channel fit.
  private static let leastElementsPerChannel = 4

  /// The factor of each channel that turns the parameter into the constant; nil if none does.
  func scale(_ layout: RecordLayout, _ channels: ChannelMap, largest: Float) -> ChannelScale? {
    guard channels.elementsPerChannel >= Self.leastElementsPerChannel, largest > 0 else {
      return nil
    }
    let bound = tolerance * largest
    let sample = 4 * channels.count + 4096
    if sample < layout.range.count / 4,
      fit(layout, channels, limit: sample, bound: 4 * bound) == nil
    {
      return nil
    }
    return fit(layout, channels, limit: layout.range.count, bound: bound).map {
      ChannelScale(factors: $0, channels: channels)
    }
  }

  /// The factors that a pass multiplied the channels with, if they turn the parameter into the
  /// constant; any number of elements tells.
  func scale(
    _ layout: RecordLayout, _ channels: ChannelMap, known factors: [Float], largest: Float
  ) -> ChannelScale? {
    guard factors.count == channels.count else { return nil }
    let bound = tolerance * largest
    var fits = true
    _ = layout.forEachRun { start, from, stride, count in
      for step in 0..<count {
        let position = from + step * stride
        let expected = factors[channels.channel(position)] * parameter[position]
        // Negated, so that a NaN does not fit.
        if !((target[start + step] - expected).magnitude <= bound) { fits = false }
      }
      return fits
    }
    return fits ? ChannelScale(factors: factors, channels: channels) : nil
  }

  private var tolerance: Float {
    switch precision {
    case .exact, .quantized: 1e-5
    case .float16: 0x1p-10
    case .bfloat16: 0x1p-7
    }
  }

  /// Fits factors to the first elements by least squares; nil if any element is off by the bound.
  private func fit(
    _ layout: RecordLayout, _ channels: ChannelMap, limit: Int, bound: Float
  ) -> [Float]? {
    var products = [Double](repeating: 0, count: channels.count)
    var squares = [Double](repeating: 0, count: channels.count)
    let end = layout.range.lowerBound + limit
    _ = layout.forEachRun { start, from, stride, count in
      for step in 0..<min(count, end - start) {
        let position = from + step * stride
        let channel = channels.channel(position)
        let value = Double(parameter[position])
        products[channel] += value * Double(target[start + step])
        squares[channel] += value * value
      }
      return start + count < end
    }
    let factors = zip(products, squares).map { $1 > 0 ? Float($0 / $1) : 1 }
    var fits = true
    _ = layout.forEachRun { start, from, stride, count in
      for step in 0..<min(count, end - start) {
        let position = from + step * stride
        let expected = factors[channels.channel(position)] * parameter[position]
        // Negated, so that a NaN does not fit.
        if !((target[start + step] - expected).magnitude < bound) { fits = false }
      }
      return fits && start + count < end
    }
    return fits ? factors : nil
  }
}
