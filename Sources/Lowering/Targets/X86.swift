extension Target {
  /// x86-64 with AVX-512, AVX or SSE2, whatever the C compiler is told.
  public static let x86 = Target(
    "x86-64", vectors: [.avx512, .avx, .sse2], arenaAlignment: 64, tableAlignment: 64,
    accumulators: [1: 16, 4: 10, 8: 10, 16: 24], hasWideVectors: true,
    caches: Caches(first: 32768, second: 1 << 20), codeBytes: 8, costs: .x86)
}

extension Costs {
  /// Nanoseconds on a core with AVX-512, fitted to times of single layers; forms that leave zeros out
  /// are charged 1.4 times what was fitted, so that no layer that was measured is slower than dense.
  static let x86 = Costs(
    [
      "conv": [
        .fma: 0.151, .chain: 0.559, .store: 0.1, .near: 0.00127,
      ],
      "conv_turned": [
        .fma: 0.151, .chain: 0.559, .store: 0.247, .near: 0.00127,
      ],
      "depthwise": [
        .tile: 1, .load: 0.025, .fma: 0.075, .store: 0.05,
      ],
      "depthwise_scalar": [
        .tile: 4, .step: 0.5, .load: 0.2, .fma: 0.2, .store: 0.3,
      ],
      "depthwise_planes": [
        .tile: 5, .line: 0.5, .load: 0.03, .fma: 0.13, .store: 0.2, .copy: 0.05, .reach: 0.07,
      ],
      "depthwise_rows": [
        .load: 0.178, .copy: 0.041,
      ],
      "product": [
        .load: 0.0414, .fma: 0.14, .chain: 0.189, .store: 0.71, .near: 0.00216, .far: 0.004,
      ],
      "sparse_conv": [
        .line: 0.498, .step: 0.904, .load: 0.023, .reach: 0.35, .fma: 0.308, .store: 0.435,
        .copy: 0.0463,
        .bit: 0.055, .miss: 8.4,
      ],
      "sparse_conv_scalar": [
        .tile: 2.8, .line: 0.7, .step: 0.426, .fma: 0.42, .store: 0.508, .bit: 0.337, .miss: 8.4,
      ],
      "sparse_conv_single": [
        .tile: 2.8, .line: 0.7, .step: 0.426, .fma: 0.42, .store: 0.508, .bit: 0.337, .miss: 8.4,
      ],
      "sparse_conv_padded": [
        .tile: 2.8, .line: 0.7, .step: 0.426, .fma: 0.42, .store: 0.508, .copy: 0.42, .bit: 0.337,
        .miss: 8.4,
      ],
      "sparse_conv1x1": [
        .step: 0.517, .load: 0.0776, .fma: 0.207, .store: 0.351, .bit: 0.051, .near: 0.0497,
        .miss: 8.4,
      ],
      "sparse_planes1x1": [
        .tile: 2, .line: 1, .step: 0.4, .load: 0.02, .fma: 0.13, .store: 0.2, .copy: 0.05,
      ],
      "sparse_planes1x1_patterns": [
        .tile: 2, .line: 1, .step: 0.4, .load: 0.03, .fma: 0.13, .store: 0.2, .copy: 0.05,
      ],
      "sparse_planes": [
        .tile: 4, .line: 1, .step: 0.4, .load: 0.02, .fma: 0.13, .store: 0.2, .copy: 0.05,
        .reach: 0.07,
      ],
      "sparse_planes_patterns": [
        .tile: 4, .line: 1, .step: 0.4, .load: 0.03, .fma: 0.13, .store: 0.2, .copy: 0.05,
        .reach: 0.07,
      ],
      "sparse_product": [
        .step: 0.228, .load: 0.0335, .fma: 0.167, .store: 0.174, .bit: 0.17, .miss: 8.4,
      ],
      "sparse_row": [
        .step: 0.763, .bit: 0.238, .miss: 8.4,
      ],
      "sparse_row_blocks": [
        .step: 0.419, .store: 1.53, .near: 0.000703, .miss: 8.4,
      ],
      "plain": [
        .tile: 2.8, .step: 0.84, .bit: 0.394, .miss: 8.4, .load: 4.2,
      ],
      "plain_window": [
        .line: 1.44, .step: 1.26, .bit: 1, .miss: 8.4, .load: 4.2,
      ],
    ],
    others: [.tile: 5, .line: 2, .step: 2, .bit: 1.5, .fma: 0.5, .store: 1, .copy: 0.3])
}
