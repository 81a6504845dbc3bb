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
      "sparse_plane_taps": [
        .tile: 0.0745, .line: 0.928, .step: 0.0167, .load: 0.23, .reach: 0.113, .fma: 0.192,
        .store: 0.556, .tail: 0.0717, .copy: 0.0234,
      ],
      "depthwise_plane_taps": [
        .line: 1.67, .load: 0.0522, .reach: 0.342, .fma: 0.162, .tail: 0.0471, .copy: 0.0179,
        .move: 0.256,
      ],
      "conv": [
        .step: 0.149, .load: 0.0286, .fma: 0.104, .chain: 0.701, .store: 0.048, .tail: 0.157,
        .near: 0.000995,
      ],
      "conv_padded": [
        .step: 0.149, .load: 0.0286, .fma: 0.104, .chain: 0.701, .store: 0.048, .tail: 0.157,
        .copy: 0.03, .near: 0.000995,
      ],
      "conv_turned": [
        .tile: 2.38, .line: 0.0212, .step: 0.386, .load: 0.00483, .fma: 0.11, .chain: 0.364,
        .store: 0.158, .copy: 0.00528, .near: 0.00153,
      ],
      "conv_turned_padded": [
        .tile: 2.38, .line: 0.0212, .step: 0.386, .load: 0.00483, .fma: 0.11, .chain: 0.364,
        .store: 0.158, .copy: 0.0138, .near: 0.00153,
      ],
      "conv_planes": [
        .tile: 0.388, .step: 0.041, .load: 0.00118, .reach: 0.00112, .fma: 0.133, .store: 0.165,
        .tail: 0.172, .copy: 0.0246, .row: 0.0077, .near: 0.000267, .move: 0.19,
      ],
      "depthwise": [
        .tile: 0.02, .line: 0.0685, .load: 0.0096, .fma: 0.128, .store: 0.0736, .tail: 0.0726,
        .near: 0.0034, .far: 0.01,
      ],
      "depthwise_scalar": [
        .tile: 4, .step: 0.5, .load: 0.2, .fma: 0.2, .store: 0.3,
      ],
      "depthwise_planes": [
        .tile: 0.359, .line: 0.00563, .load: 0.0206, .reach: 0.022, .fma: 0.233, .store: 0.0148,
        .copy: 0.0151, .row: 1.83, .move: 0.02,
      ],
      "depthwise_rows": [
        .tile: 2.12, .load: 0.0805, .fma: 0.0431, .tail: 0.452, .copy: 0.012, .row: 1.41,
      ],
      "product": [
        .tile: 0.131, .step: 0.126, .load: 0.0226, .fma: 0.153, .chain: 0.683, .near: 0.000944,
        .far: 0.01,
      ],
      "sparse_conv": [
        .tile: 0.0347, .line: 0.488, .step: 0.334, .load: 0.114, .reach: 0.228, .fma: 0.114,
        .store: 0.226, .copy: 0.0226, .row: 0.128, .bit: 0.08, .miss: 0.631, .near: 0.011,
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
        .tile: 0.0154, .line: 0.0234, .step: 0.251, .load: 0.063, .reach: 0.0338, .fma: 0.101,
        .store: 0.268, .tail: 0.0376, .bit: 0.111, .miss: 8.4, .near: 0.00318,
      ],
      "sparse_planes1x1": [
        .tile: 0.00931, .line: 0.252, .step: 0.159, .load: 0.0385, .fma: 0.14, .chain: 0.00937,
        .store: 0.308, .copy: 0.0205, .row: 0.126, .near: 0.00167,
      ],
      "sparse_planes1x1_patterns": [
        .tile: 0.25, .line: 0.0149, .step: 0.259, .load: 0.0795, .fma: 0.0778, .store: 0.31,
        .tail: 0.094, .copy: 0.0279, .miss: 0.604, .near: 0.00164,
      ],
      "sparse_planes": [
        .tile: 0.0293, .line: 0.121, .step: 0.187, .load: 0.0835, .reach: 0.142, .fma: 0.09,
        .chain: 0.157, .store: 0.355, .tail: 0.105, .copy: 0.0257, .row: 0.318, .near: 0.00404,
        .move: 0.0179,
      ],
      "sparse_planes_patterns": [
        .tile: 0.547, .line: 0.0655, .step: 0.359, .load: 0.0588, .reach: 0.105, .fma: 0.0673,
        .store: 0.122, .tail: 0.714, .copy: 0.0199, .row: 0.468, .miss: 0.11, .near: 0.00459,
        .move: 0.444,
      ],
      "sparse_windows": [
        .step: 0.2, .fma: 0.475, .copy: 0.37, .near: 0.00122, .far: 0.006,
      ],
      "sparse_windows_wide": [
        .tile: 0.576, .step: 0.219, .fma: 0.828, .store: 0.309, .tail: 0.732, .copy: 0.279,
        .near: 0.000284, .far: 0.006,
      ],
      "sparse_windows_rows": [
        .line: 0.0322, .step: 0.304, .load: 0.0132, .reach: 0.378, .fma: 0.335, .store: 0.0707,
        .tail: 0.195, .near: 0.001, .far: 0.00587,
      ],
      // As plain loops without a weight, which it replaces wherever it applies.
      "mean_planes": [:],
      "sparse_product": [
        .tile: 0.0452, .line: 0.0475, .step: 0.207, .load: 0.00846, .fma: 0.124, .store: 0.141,
        .bit: 0.0706, .miss: 2.24, .near: 0.02,
      ],
      "sparse_row": [
        .tile: 0.146, .line: 0.537, .step: 0.306, .load: 0.00257, .fma: 0.0033, .store: 0.084,
        .bit: 0.0938, .miss: 0.115, .near: 0.02, .far: 0.05,
      ],
      "sparse_block_rows": [
        .tile: 1.36, .step: 0.173, .load: 0.0591, .fma: 0.0802, .store: 0.0307, .tail: 0.329,
        .near: 0.0024, .far: 0.006,
      ],
      "sparse_input_rows": [
        .tile: 3, .step: 0.3, .fma: 0.15, .store: 1, .near: 0.0007, .far: 0.006,
      ],
      "pool_channels": [
        .load: 0.1, .store: 0.4,
      ],
      "plain": [
        .reach: 18, .tile: 2.8, .step: 0.84, .bit: 0.394, .miss: 8.4, .load: 4.2,
      ],
      "plain_window": [
        .line: 0.39, .step: 1.17, .load: 4.2, .bit: 1, .miss: 8.4,
      ],
    ],
    others: [.tile: 5, .line: 2, .step: 2, .bit: 1.5, .fma: 0.5, .store: 1, .copy: 0.3], doubt: 0.05
  )
}
