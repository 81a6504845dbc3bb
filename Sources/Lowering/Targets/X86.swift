extension Target {
  /// x86-64 with AVX-512, AVX or SSE2, whatever the C compiler is told.
  public static let x86 = Target(
    "x86-64", vectors: [.avx512, .avx, .sse2], arenaAlignment: 64, tableAlignment: 64,
    accumulators: [1: 16, 4: 10, 8: 10, 16: 24], hasWideVectors: true,
    caches: Caches(first: 32768, second: 1 << 20), codeBytes: 8, costs: .x86)
}

extension Costs {
  /// Nanoseconds on a core with AVX-512, fitted to times of layers alone and in whole models.
  static let x86 = Costs(
    [
      "conv": [
        .line: 3, .fma: 0.151, .chain: 0.559, .store: 0.1, .near: 0.00127,
      ],
      "conv_padded": [
        .line: 3, .fma: 0.151, .chain: 0.559, .store: 0.1, .copy: 0.03, .near: 0.00127,
      ],
      "conv_turned": [
        .line: 0.0219, .fma: 0.153, .chain: 0.402, .store: 0.285, .near: 0.00341,
      ],
      "conv_turned_padded": [
        .line: 0.0219, .fma: 0.153, .chain: 0.402, .store: 0.285, .copy: 0.03, .near: 0.00341,
      ],
      "conv_planes": [
        .tile: 1.15, .line: 1.7, .step: 0.0947, .load: 0.0293, .reach: 0.1, .fma: 0.127,
        .store: 0.183, .copy: 0.0129, .near: 0.000307,
      ],
      "depthwise": [
        .tile: 0.4, .step: 0.18, .load: 0.01, .fma: 0.14, .store: 0.05, .tail: 0.45,
      ],
      "depthwise_scalar": [
        .tile: 4, .step: 0.5, .load: 0.2, .fma: 0.2, .store: 0.3,
      ],
      "depthwise_planes": [
        .tile: 0.422, .line: 0.363, .load: 0.0169, .reach: 0.186, .fma: 0.11, .store: 0.0845,
        .tail: 0.253, .copy: 0.0422,
      ],
      "depthwise_rows": [
        .load: 0.21, .copy: 0.048,
      ],
      "product": [
        .tile: 1, .load: 0.0519, .fma: 0.137, .chain: 0.126, .store: 0.613, .near: 0.00238,
        .far: 0.004,
      ],
      "sparse_conv": [
        .line: 0.429, .step: 0.582, .load: 0.0158, .reach: 0.3, .fma: 0.19, .store: 0.329,
        .copy: 0.0351, .miss: 0.316,
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
        .tile: 0.188, .line: 0.0146, .step: 0.739, .load: 0.0616, .fma: 0.0623, .store: 0.185,
        .bit: 0.00793, .miss: 8.4, .near: 0.0762,
      ],
      "sparse_planes1x1": [
        .tile: 0.0504, .line: 0.119, .step: 0.491, .load: 0.00176, .fma: 0.138, .store: 0.274,
        .tail: 0.2, .copy: 0.0278, .near: 0.00331,
      ],
      "sparse_planes1x1_patterns": [
        .tile: 1.75, .line: 0.35, .step: 0.299, .load: 0.0332, .fma: 0.137, .store: 0.247,
        .tail: 0.2, .copy: 0.0234, .near: 0.00221,
      ],
      "sparse_planes": [
        .tile: 0.714, .line: 0.521, .step: 0.318, .reach: 0.131, .fma: 0.149, .store: 0.12,
        .tail: 0.3, .copy: 0.0351, .row: 0.0569, .near: 0.00323,
      ],
      "sparse_planes_patterns": [
        .tile: 3.03, .line: 0.192, .step: 0.278, .load: 0.0341, .reach: 0.177, .fma: 0.131,
        .store: 0.23, .tail: 0.233, .copy: 0.0203, .row: 0.443, .near: 0.00161,
      ],
      "sparse_windows": [
        .tile: 4, .fma: 0.6, .store: 0.5, .copy: 0.4, .near: 0.002, .far: 0.008,
      ],
      "sparse_windows_wide": [
        .tile: 4, .fma: 0.85, .store: 0.5, .copy: 0.4, .near: 0.002, .far: 0.008,
      ],
      "sparse_windows_rows": [
        .tile: 4.35, .step: 0.435, .fma: 0.287, .store: 0.435, .near: 0.00138, .far: 0.00593,
      ],
      // As plain loops without a weight, which it replaces wherever it applies.
      "mean_planes": [:],
      "sparse_product": [
        .step: 0.243, .load: 0.00838, .fma: 0.114, .store: 0.0854, .bit: 0.0761, .miss: 4.09,
        .near: 0.0138,
      ],
      "sparse_row": [
        .tile: 0.088, .line: 0.302, .step: 0.303, .load: 0.00257, .store: 0.432, .bit: 0.109,
        .near: 0.0775,
      ],
      "sparse_block_rows": [
        .tile: 3, .step: 0.1, .load: 0.08, .fma: 0.15, .store: 0.5, .near: 0.0015, .far: 0.006,
      ],
      "sparse_input_rows": [
        .tile: 3, .step: 0.3, .fma: 0.15, .store: 1, .near: 0.0007, .far: 0.004,
      ],
      "pool_channels": [
        .load: 0.1, .store: 0.4,
      ],
      "plain": [
        .reach: 18, .tile: 2.8, .step: 0.84, .bit: 0.394, .miss: 8.4, .load: 4.2,
      ],
      "plain_window": [
        .line: 0.382, .step: 1.16, .load: 4.2, .bit: 1, .miss: 8.4,
      ],
    ],
    others: [.tile: 5, .line: 2, .step: 2, .bit: 1.5, .fma: 0.5, .store: 1, .copy: 0.3], doubt: 0.1)
}
