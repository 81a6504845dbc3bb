extension Target {
  /// Cortex-M55 with vectors of four floats (Helium); costs by instructions.
  public static let cortexM55 = Target(
    "cortex-m55", vectors: [.helium], channelBlocks: [8, 4, 1], columnBlocks: [16, 8, 4, 1],
    accumulators: [1: 16, 4: 6], hasPackedIntegers: true, reach: 1020, codeBytes: 5,
    costs: .cortexM4)
}
