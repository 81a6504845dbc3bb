extension Target {
  /// x86-64 with AVX-512, AVX or SSE2, whatever the C compiler is told.
  public static let x86 = Target(
    "x86-64", vectors: [.avx512, .avx, .sse2], arenaAlignment: 64, tableAlignment: 64,
    accumulators: [1: 16, 4: 10, 8: 10, 16: 24], hasWideVectors: true,
    caches: Caches(first: 32768, second: 1 << 20), codeBytes: 8, costs: .x86)
}

extension Costs {
  /// Nanoseconds on a core with AVX-512, fitted to times of layers alone and in whole models.
  ///
  /// Forms over planes are charged what was fitted; the others that leave zeros out more, so
  /// that no layer that was measured is slower than dense.
  static let x86 = Costs(
    [
      "conv": [
        .fma: 0.151, .chain: 0.559, .store: 0.1, .near: 0.00127,
      ],
      "conv_turned": [
        .fma: 0.185, .chain: 0.65, .store: 0.25, .near: 0.00127,
      ],
      "conv_planes": [
        .line: 1.85, .step: 0.094, .load: 0.059, .reach: 0.08, .fma: 0.124, .store: 0.223,
        .copy: 0.02, .near: 0.0003,
      ],
      "depthwise": [
        .tile: 0.4, .step: 0.18, .load: 0.01, .fma: 0.14, .store: 0.05, .tail: 0.45,
      ],
      "depthwise_scalar": [
        .tile: 4, .step: 0.5, .load: 0.2, .fma: 0.2, .store: 0.3,
      ],
      "depthwise_planes": [
        .tile: 0.5, .line: 0.43, .load: 0.02, .fma: 0.13, .store: 0.1, .tail: 0.3, .copy: 0.05,
        .reach: 0.22,
      ],
      "depthwise_rows": [
        .load: 0.21, .copy: 0.048,
      ],
      "product": [
        .load: 0.0414, .fma: 0.14, .chain: 0.189, .store: 0.71, .near: 0.00216, .far: 0.004,
      ],
      "sparse_conv": [
        .line: 0.43, .step: 0.79, .load: 0.02, .reach: 0.3, .fma: 0.27, .store: 0.38, .copy: 0.0405,
        .bit: 0.055, .miss: 7,
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
        .tile: 0.5, .line: 0.3, .step: 0.3, .load: 0.04, .fma: 0.14, .store: 0.35, .tail: 0.2,
        .copy: 0.05, .near: 0.002,
      ],
      "sparse_planes1x1_patterns": [
        .tile: 3, .line: 0.6, .step: 0.25, .load: 0.03, .fma: 0.16, .store: 0.3, .tail: 0.2,
        .copy: 0.05, .near: 0.002,
      ],
      "sparse_planes": [
        .tile: 0.5, .line: 0.38, .step: 0.1, .load: 0.07, .fma: 0.145, .store: 0.12, .tail: 0.3,
        .copy: 0.031, .reach: 0.22, .near: 0.002,
      ],
      "sparse_planes_patterns": [
        .tile: 4, .line: 0.8, .step: 0.25, .load: 0.05, .fma: 0.18, .store: 0.3, .tail: 0.3,
        .copy: 0.031, .reach: 0.22, .near: 0.002,
      ],
      "sparse_windows": [
        .tile: 4, .fma: 0.6, .store: 0.5, .near: 0.001, .far: 0.004,
      ],
      "sparse_windows_rows": [
        .tile: 4.4, .step: 0.44, .fma: 0.29, .store: 0.44, .near: 0.0014, .far: 0.006,
      ],
      // As plain loops without a weight, which it replaces wherever it applies.
      "mean_planes": [:],
      "sparse_product": [
        .step: 0.228, .load: 0.0335, .fma: 0.167, .store: 0.174, .bit: 0.17, .miss: 8.4,
      ],
      "sparse_row": [
        .step: 0.763, .bit: 0.238, .miss: 8.4,
      ],
      "sparse_row_blocks": [
        .step: 0.419, .store: 1.53, .near: 0.000703, .miss: 8.4,
      ],
      "pool_channels": [
        .load: 0.1, .store: 0.4,
      ],
      "plain": [
        .reach: 18, .tile: 2.8, .step: 0.84, .bit: 0.394, .miss: 8.4, .load: 4.2,
      ],
      "plain_window": [
        .line: 1.44, .step: 1.26, .bit: 1, .miss: 8.4, .load: 4.2,
      ],
    ],
    others: [.tile: 5, .line: 2, .step: 2, .bit: 1.5, .fma: 0.5, .store: 1, .copy: 0.3])
}
