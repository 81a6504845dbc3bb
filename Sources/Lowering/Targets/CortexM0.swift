extension Target {
  /// Cortex-M0: scalars, floats by library calls, and offsets of loads that span little.
  public static let cortexM0 = Target(
    "cortex-m0", accumulators: [1: 4], reach: 124, codeBytes: 4, costs: .softFloat(fma: 110))

  /// Cortex-M0+: the instructions of Cortex-M0.
  public static let cortexM0Plus = Target(
    "cortex-m0plus", accumulators: [1: 4], reach: 124, codeBytes: 4, costs: .softFloat(fma: 110))
}

extension Costs {
  /// Instructions where floats are computed by library calls.
  ///
  /// Beside those all other steps are small: they are not fitted, but about those of Cortex-M4.
  ///
  /// - Parameter fma: Instructions of a product and a sum.
  /// - Returns: Costs that are the same for every form.
  static func softFloat(fma: Double) -> Costs {
    Costs(
      [:],
      others: [
        .tile: 24, .line: 12, .step: 12, .bit: 8, .load: 1.5, .reach: 1.5, .fma: fma, .store: 3,
        .tail: 4, .copy: 5,
      ])
  }
}
