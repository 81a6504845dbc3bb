/// Where `fast` and `onnx` store different integers, of all sums that an output channel can have.
///
/// Both forms are step functions of the sum that never fall, so that they agree everywhere exactly
/// where their steps stand at the same sums.
public struct RequantizationProof: Hashable, Sendable {
  /// Output channels.
  public var channels = 0
  /// Output channels that give the same for every sum.
  public var proven = 0
  /// Sums that give different integers, of all channels.
  public var differing = 0

  /// Nothing proven.
  public init() {}

  /// Adds an output channel.
  ///
  /// - Parameters:
  ///   - scale: What its sums are multiplied by.
  ///   - zeroPoint: The zero point of the result.
  ///   - bounds: The integers that may be stored.
  ///   - sums: All sums that it can have; within int32 after the shift of the scale.
  public mutating func add(
    _ scale: RequantizationScale, zeroPoint: Int, bounds: ClosedRange<Int>, sums: ClosedRange<Int>
  ) {
    let steps = RequantizationSteps(
      scale: scale, zeroPoint: zeroPoint, bounds: bounds, sums: sums)
    let count = steps.differing
    channels += 1
    if count == 0 { proven += 1 }
    differing += count
  }

  /// Adds what is known of equal forms.
  ///
  /// - Parameters:
  ///   - channels: How many there are.
  ///   - differing: Inputs that give different integers.
  public mutating func add(channels: Int, differing: Int) {
    self.channels += channels
    if differing == 0 { proven += channels }
    self.differing += differing
  }
}

/// The steps of both forms.
package struct RequantizationSteps {
  package let scale: RequantizationScale
  package let zeroPoint: Int
  package let bounds: ClosedRange<Int>
  package let sums: ClosedRange<Int>

  package init(
    scale: RequantizationScale, zeroPoint: Int, bounds: ClosedRange<Int>, sums: ClosedRange<Int>
  ) {
    (self.scale, self.zeroPoint, self.bounds, self.sums) = (scale, zeroPoint, bounds, sums)
  }

  /// The integers that `onnx` stores for the least and the greatest sum.
  package var reached: ClosedRange<Int> { stored(sums.lowerBound)...stored(sums.upperBound) }

  private func stored(_ sum: Int) -> Int {
    let requantization = Requantization(.onnx, bounds: bounds)
    return requantization.stored(Int32(clamping: sum), scale, zeroPoint: zeroPoint)
  }

  /// The sums at which the forms differ.
  var differing: Int {
    var count = 0
    guard bounds.lowerBound < bounds.upperBound else { return 0 }
    for value in (bounds.lowerBound + 1)...bounds.upperBound {
      let fast = fastStep(value)
      let onnx = onnxStep(value, near: fast)
      count += abs(fast - onnx)
    }
    return count
  }

  /// The least sum for which `fast` stores a number or more; one beyond all sums if there is none.
  private func fastStep(_ value: Int) -> Int {
    let factor = Int(scale.multiplier) << scale.shift
    guard factor > 0 else {
      return value <= zeroPoint ? sums.lowerBound : sums.upperBound + 1
    }
    let wanted = (value - zeroPoint) << 32 - 1 << 31
    let quotient = wanted / factor
    let step = quotient * factor < wanted ? quotient + 1 : quotient
    return min(max(step, sums.lowerBound), sums.upperBound + 1)
  }

  /// The same of `onnx`, searched around a guess.
  private func onnxStep(_ value: Int, near guess: Int) -> Int {
    let (first, last) = (sums.lowerBound, sums.upperBound + 1)
    var (low, high) = (guess, guess)
    var reach = 1
    while low > first, stored(low - 1) >= value {
      (high, low) = (low - 1, max(first, low - reach))
      reach *= 2
    }
    reach = 1
    while high < last, stored(high) < value {
      (low, high) = (high + 1, min(last, high + reach))
      reach *= 2
    }
    while low < high {
      let middle = low + (high - low) / 2
      if stored(middle) >= value { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
