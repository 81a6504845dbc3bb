extension Target {
  /// AArch64 with vectors of four floats; costs in the proportions of x86-64.
  public static let aarch64 = Target(
    "aarch64", vectors: [.neon], channelBlocks: [16, 8, 4, 1], accumulators: [1: 16, 4: 24],
    hasWideVectors: true, caches: Caches(first: 32768, second: 1 << 19, pages: 48), codeBytes: 7,
    costs: .x86)
}
