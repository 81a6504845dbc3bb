/// Compares a constant with a recorded parameter through a layout.
struct LayoutComparison {
  let target: UnsafeBufferPointer<Float>
  let parameter: UnsafeBufferPointer<Float>
  let precision: MatchTarget.Precision

  /// Whether every element is the parameter's, but for what the model's precision rounds off.
  func isEqual(_ layout: RecordLayout) -> Bool {
    isSampleEqual(layout)
      && layout.forEachRun { start, parameterStart, stride, count in
        switch precision {
        case .exact: exactRun(start, parameterStart, stride, count)
        case .float16: roundedRun(start, parameterStart, stride, count, 0x1p-11, 0x1p-23)
        case .bfloat16: roundedRun(start, parameterStart, stride, count, 0x1p-8, 0x1p-126)
        case .quantized(let grid): quantizedRun(start, parameterStart, stride, count, grid)
        }
      }
  }

  /// A few elements far apart tell most wrong candidates.
  private func isSampleEqual(_ layout: RecordLayout) -> Bool {
    guard case .exact = precision, layout.range.count > 64 else { return true }
    let step = layout.range.count / 16
    for index in stride(from: layout.range.lowerBound, to: layout.range.upperBound, by: step) {
      guard let position = layout.parameterIndex(index) else { return false }
      guard target[index] == parameter[position] else { return false }
    }
    return true
  }

  private func exactRun(_ start: Int, _ from: Int, _ stride: Int, _ count: Int) -> Bool {
    var position = from
    for index in start..<start + count {
      guard target[index] == parameter[position] else { return false }
      position += stride
    }
    return true
  }

  private func roundedRun(
    _ start: Int, _ from: Int, _ stride: Int, _ count: Int, _ relative: Float, _ absolute: Float
  ) -> Bool {
    var position = from
    for index in start..<start + count {
      let value = parameter[position]
      let bound = value.magnitude * relative + absolute
      guard (target[index] - value).magnitude <= bound else { return false }
      position += stride
    }
    return true
  }

  private func quantizedRun(
    _ start: Int, _ from: Int, _ stride: Int, _ count: Int, _ grid: QuantizationGrid
  ) -> Bool {
    var position = from
    for index in start..<start + count {
      // A little more than half, for what was rounded in between.
      let bound = grid.step(index) * 0.5005
      // Negated, so that a NaN does not fit.
      if !((target[index] - parameter[position]).magnitude <= bound) { return false }
      position += stride
    }
    return true
  }

  /// The distance in L2 relative to the constant, or to the parameter where the constant is zero; over a sample where there are very many elements.
  func distance(_ layout: RecordLayout) -> Double {
    let step = max(1, layout.range.count >> 16)
    var (difference, norm) = (0.0, 0.0)
    var next = layout.range.lowerBound
    _ = layout.forEachRun { start, parameterStart, stride, count in
      while next < start + count {
        let value = Double(target[next])
        let error = value - Double(parameter[parameterStart + (next - start) * stride])
        norm += value * value
        difference += error * error
        next += step
      }
      return true
    }
    return norm > 0 ? (difference / norm).squareRoot() : difference > 0 ? 1 : 0
  }
}
