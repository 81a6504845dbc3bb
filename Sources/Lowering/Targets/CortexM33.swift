extension Target {
  /// Cortex-M33 with its float unit: the instructions of Cortex-M4.
  public static let cortexM33 = Target("cortex-m33", reach: 1020, codeBytes: 5, costs: .cortexM4)
}
