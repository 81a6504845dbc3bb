extension Target {
  /// Cortex-M7: the instructions of Cortex-M4.
  public static let cortexM7 = Target(
    "cortex-m7", hasPackedIntegers: true, hasFloatPrograms: true, reach: 1020, codeBytes: 5,
    costs: .cortexM4)
}
