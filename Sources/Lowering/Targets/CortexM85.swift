extension Target {
  /// Cortex-M85 with vectors of four floats (Helium); costs as on Cortex-M55.
  public static let cortexM85 = Target(
    "cortex-m85", vectors: [.helium], channelBlocks: [8, 4, 1], columnBlocks: [16, 8, 4, 1],
    accumulators: [1: 16, 4: 6], reach: 1020, codeBytes: 5, costs: .cortexM4)
}
