/// How the elements along one axis of a resized tensor are mixed from those of the operand.
package struct ResizeAxis {
  /// What the attributes of Resize choose for all axes.
  package struct Method {
    package var mode: String
    package var coordinates: String
    package var nearest: String
    package var cubic: Double
    package var isAntialiased: Bool
    package var excludesOutside: Bool
  }

  package let input: Int
  package let output: Int
  /// The number of elements that each result mixes.
  package private(set) var taps = 1
  /// For each result its elements, then those of the next.
  package private(set) var indices: [Int32] = []
  package private(set) var weights: [Double] = []
  /// Whether a result lies outside of the operand and takes the extrapolation value.
  package private(set) var isOutside: [Bool] = []
  /// Whether the axis stays as it is.
  package private(set) var isIdentity = false

  private let scale: Double
  private let region: (from: Double, to: Double)

  package init(
    _ input: Int, to output: Int, scale: Double, region: (from: Double, to: Double),
    _ method: Method
  ) throws(DiagnosticMessage) {
    guard input > 0, 0...(1 << 24) ~= output, scale.isFinite, scale > 0 else {
      throw DiagnosticMessage(
        "resize-extent", "an axis of \(input) cannot be resized to \(output) by a scale of \(scale)"
      )
    }
    (self.input, self.output, self.scale, self.region) = (input, output, scale, region)
    let crops = method.coordinates == "tf_crop_and_resize"
    if input == output, scale == 1, !crops || region == (0, 1) {
      isIdentity = true
      return
    }
    for index in 0..<output {
      let position = position(index, method.coordinates)
      guard position.isFinite, abs(position) < 0x1p31 else {
        throw DiagnosticMessage("resize-extent", "the region of interest is out of range")
      }
      isOutside.append(crops && (position < 0 || position > Double(input - 1)))
      try append(position, method)
    }
  }

  private func position(_ index: Int, _ coordinates: String) -> Double {
    let (x, width) = (Double(index), scale * Double(input))
    let half = (x + 0.5) / scale - 0.5
    switch coordinates {
    case "align_corners": return width == 1 ? 0 : x * Double(input - 1) / (width - 1)
    case "asymmetric": return x / scale
    case "pytorch_half_pixel": return width == 1 ? -0.5 : half
    case "tf_half_pixel_for_nn": return (x + 0.5) / scale
    case "half_pixel_symmetric":
      return Double(input - 1) / 2 + (2 * x + 1 - Double(output)) / (2 * scale)
    case "tf_crop_and_resize":
      let span = (region.to - region.from) * Double(input - 1)
      let start = region.from * Double(input - 1)
      return start + (width == 1 ? span / 2 : x * span / (width - 1))
    default: return half
    }
  }

  private mutating func append(
    _ position: Double, _ method: Method
  ) throws(DiagnosticMessage) {
    if method.mode == "nearest" {
      return appendTap(nearest(position, method.nearest), 1)
    }
    let floor = position.rounded(.down)
    let fraction = position - floor
    var weights = try method.weights(fraction == 0 ? 1 : fraction, scale)
    taps = weights.count
    let even = fraction == 0 ? -(taps / 2) : 1 - taps / 2
    let odd = -((taps - 1) / 2) + (fraction <= 0.5 ? 0 : 1)
    let start = Int(floor) + (taps % 2 == 0 ? even : odd)
    if method.excludesOutside {
      for tap in 0..<taps where !(0..<input ~= start + tap) { weights[tap] = 0 }
      let sum = weights.reduce(0, +)
      if sum != 0 { weights = weights.map { $0 / sum } }
    }
    for tap in 0..<taps { appendTap(start + tap, weights[tap]) }
  }

  private mutating func appendTap(_ index: Int, _ weight: Double) {
    indices.append(Int32(min(max(index, 0), input - 1)))
    weights.append(weight)
  }

  private func nearest(_ position: Double, _ mode: String) -> Int {
    switch mode {
    case "floor": Int(position.rounded(.down))
    case "ceil": Int(position.rounded(.up))
    case "round_prefer_ceil": Int((position + 0.5).rounded(.down))
    default: Int((position - 0.5).rounded(.up))
    }
  }
}

extension ResizeAxis.Method {
  /// The weights of the elements around a position; `ratio` is in `(0, 1]`.
  fileprivate func weights(_ ratio: Double, _ scale: Double) throws(DiagnosticMessage) -> [Double] {
    let isLinear = mode == "linear"
    guard isAntialiased, scale < 1 else {
      return isLinear ? [1 - ratio, ratio] : (-1...2).map { keys(Double($0) - ratio) }
    }
    let reach = isLinear ? 1.0 : 2.0
    let first = (-reach / scale).rounded(.down) + 1
    guard first > -0x1p16 else {
      throw DiagnosticMessage("resize-extent", "a scale of \(scale) is too small for antialiasing")
    }
    let offsets = Int(first)..<(2 - Int(first))
    let raw = offsets.map { offset in
      let distance = abs((Double(offset) - ratio) * scale)
      return isLinear ? max(0, 1 - distance) : keys(distance)
    }
    let sum = raw.reduce(0, +)
    return raw.map { $0 / sum }
  }

  /// The cubic convolution kernel.
  private func keys(_ distance: Double) -> Double {
    let x = abs(distance)
    if x <= 1 { return ((cubic + 2) * x - (cubic + 3)) * x * x + 1 }
    return x < 2 ? ((x - 5) * x + 8) * x * cubic - 4 * cubic : 0
  }
}
