extension Target {
  /// Xtensa with its float unit, such as ESP32 and ESP32-S3: scalars; costs as on Cortex-M4.
  public static let xtensa = Target("xtensa", reach: 1020, codeBytes: 5, costs: .cortexM4)
}
