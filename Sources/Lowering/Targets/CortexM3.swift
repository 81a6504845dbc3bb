extension Target {
  /// Cortex-M3: scalars, floats by library calls.
  public static let cortexM3 = Target(
    "cortex-m3", accumulators: [1: 6], reach: 1020, codeBytes: 5, costs: .softFloat(fma: 70))
}
