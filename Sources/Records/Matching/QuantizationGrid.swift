/// The steps that the elements of a constant are whole multiples of, as dequantizing leaves them: one for
/// all, or one for each index of an axis.
package struct QuantizationGrid: Sendable {
  private let steps: [Float]
  /// Elements between one index of the axis and the next.
  private let stride: Int

  /// Quantized to 8 bits, with the zero point anywhere.
  private static let mostSteps: Float = 256

  /// So many bits must speak against chance.
  private static let leastEvidence: Float = 48

  /// Looks for steps; nil if the elements have none, or are too few to tell.
  static func find(_ values: FloatValues, _ shape: [Int]) -> QuantizationGrid? {
    values.withBuffer { values in
      if let all = QuantizationGrid(values, extent: 1, stride: max(values.count, 1)) { return all }
      var stride = 1
      for extent in shape.reversed() {
        if extent > 1, let grid = QuantizationGrid(values, extent: extent, stride: stride) {
          return grid
        }
        stride *= extent
      }
      return nil
    }
  }

  private init?(_ values: UnsafeBufferPointer<Float>, extent: Int, stride: Int) {
    var steps: [Float] = []
    var evidence: Float = 0
    for index in 0..<extent {
      var group = Group(values, index: index, extent: extent, stride: stride)
      guard let step = group.step(atMost: Self.mostSteps) else { return nil }
      evidence += group.evidence(step)
      steps.append(step)
    }
    guard evidence >= Self.leastEvidence, let largest = steps.max(), largest > 0 else { return nil }
    // Nothing is known of a channel of zeros.
    self.steps = steps.map { $0 == 0 ? largest : $0 }
    self.stride = stride
  }

  /// The step of an element.
  @inline(__always)
  func step(_ index: Int) -> Float { steps[index / stride % steps.count] }
}

/// The elements at one index of an axis.
private struct Group {
  private let values: UnsafeBufferPointer<Float>
  private let index: Int
  private let extent: Int
  private let stride: Int
  private var largest: Float = 0
  private var count = 0

  init(_ values: UnsafeBufferPointer<Float>, index: Int, extent: Int, stride: Int) {
    (self.values, self.index, self.extent, self.stride) = (values, index, extent, stride)
  }

  /// Calls `body` with each element until it returns false.
  private func forEach(_ body: (Float) -> Bool) -> Bool {
    var start = index * stride
    while start < values.count {
      for place in start..<min(start + stride, values.count) {
        guard body(values[place]) else { return false }
      }
      start += stride * extent
    }
    return true
  }

  /// The greatest step that all elements are whole multiples of, 0 for zeros; nil if some would need more
  /// than so many steps.
  mutating func step(atMost most: Float) -> Float? {
    var (largest, count): (Float, Int) = (0, 0)
    _ = forEach { value in
      largest = max(largest, value.magnitude)
      count += 1
      return true
    }
    (self.largest, self.count) = (largest, count)
    guard largest > 0 else { return 0 }
    guard largest.isFinite else { return nil }
    let least = largest / most
    let noise = least / 8
    var step = largest
    let isFine = forEach { value in
      step = common(step, value.magnitude, noise)
      return step >= least * 0.99
    }
    guard isFine else { return nil }
    return refined(step)
  }

  /// The greatest number that divides both, but for noise.
  private func common(_ a: Float, _ b: Float, _ noise: Float) -> Float {
    var (x, y) = (max(a, b), min(a, b))
    while y > noise {
      (x, y) = (y, (x - y * (x / y).rounded()).magnitude)
    }
    return x
  }

  /// The step that fits all elements best; nil if one lies between two multiples.
  private func refined(_ step: Float) -> Float? {
    var (products, squares): (Double, Double) = (0, 0)
    _ = forEach { value in
      let multiple = Double((value / step).rounded())
      products += multiple * Double(value)
      squares += multiple * multiple
      return true
    }
    let fitted = Float(products / squares)
    let fits = forEach { value in
      (value - (value / fitted).rounded() * fitted).magnitude <= fitted * 1e-3
    }
    return fits ? fitted : nil
  }

  /// How many bits it says that a number lies within half a step of each element.
  func evidence(_ step: Float) -> Float {
    guard step > 0 else { return 0 }
    var bits: Float = 0
    var ratio = 2 * largest / step
    while ratio > 1 {
      bits += 1
      ratio /= 2
    }
    return bits * Float(count)
  }
}
