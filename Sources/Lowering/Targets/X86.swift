extension Target {
  /// x86-64 with AVX-512, AVX or SSE2, whatever the C compiler is told.
  public static let x86 = Target(
    "x86-64", vectors: [.avx512, .avx, .sse2], arenaAlignment: 64, tableAlignment: 64,
    accumulators: [1: 16, 4: 10, 8: 10, 16: 24], hasWideVectors: true,
    caches: Caches(first: 32768, second: 1 << 20, pages: 64), codeBytes: 8, costs: .x86)
}

extension Costs {
  /// Nanoseconds on cores with AVX-512, between Zen 4 (four fifths) and Zen 5, fitted to times of
  /// layers alone and in whole models.
  static let x86 = Costs(
    [
      "sparse_plane_taps": [
        .tile: 0.0857, .line: 1.07, .step: 0.0214, .load: 0.231, .reach: 0.162, .fma: 0.178,
        .store: 0.678, .tail: 0.0923, .copy: 0.032, .row: 0.64, .far: 0.00438, .move: 0.224,
        .stream: 0.000515,
      ],
      "depthwise_plane_taps": [
        .line: 2.44, .load: 0.0844, .reach: 0.489, .fma: 0.187, .tail: 0.0681, .copy: 0.0225,
        .move: 0.37, .stream: 0.00157,
      ],
      "conv": [
        .step: 0.176, .load: 0.00433, .fma: 0.221, .chain: 0.552, .store: 0.0728, .tail: 0.269,
        .copy: 0.0405, .near: 0.0004, .narrow: 0.151,
      ],
      "conv_padded": [
        .step: 0.176, .load: 0.00433, .fma: 0.221, .chain: 0.552, .store: 0.0728, .tail: 0.269,
        .copy: 0.0429, .near: 0.0004, .narrow: 0.151,
      ],
      "conv_turned": [
        .tile: 2.97, .line: 0.031, .step: 0.568, .load: 0.00428, .fma: 0.197, .chain: 0.214,
        .store: 0.233, .copy: 0.00262, .near: 0.00261, .stream: 0.0111, .narrow: 0.0938,
      ],
      "conv_turned_padded": [
        .tile: 2.97, .line: 0.031, .step: 0.568, .load: 0.00428, .fma: 0.197, .chain: 0.214,
        .store: 0.233, .copy: 0.0197, .near: 0.00261, .stream: 0.0111, .narrow: 0.0938,
      ],
      "conv_planes": [
        .tile: 0.41, .step: 0.0361, .load: 0.00148, .reach: 0.00152, .fma: 0.233, .store: 0.16,
        .tail: 0.25, .copy: 0.0277, .row: 0.0111, .near: 0.00037, .far: 0.000812, .move: 0.406,
        .stream: 0.00113, .page: 0.0793,
      ],
      "depthwise": [
        .tile: 0.0278, .line: 0.077, .load: 0.0141, .fma: 0.234, .store: 0.121, .tail: 0.12,
        .near: 0.00481, .far: 0.0143,
      ],
      "depthwise_scalar": [
        .tile: 4, .step: 0.5, .load: 0.2, .fma: 0.2, .store: 0.3,
      ],
      "depthwise_planes": [
        .line: 0.00802, .load: 0.0295, .fma: 0.332, .chain: 0.0593, .store: 0.0216, .tail: 0.267,
        .copy: 0.0282, .row: 1.11, .move: 0.0906, .stream: 0.000601,
      ],
      "depthwise_rows": [
        .tile: 1.6, .load: 0.134, .fma: 0.151, .tail: 0.884, .copy: 0.0126, .row: 1.27,
        .far: 0.000259, .stream: 0.00072, .narrow: 0.0097,
      ],
      "product": [
        .tile: 0.177, .step: 0.18, .load: 0.0303, .fma: 0.215, .chain: 0.452, .near: 0.00267,
        .far: 0.0143, .stream: 0.02, .narrow: 0.144,
      ],
      "sparse_conv": [
        .tile: 0.0469, .line: 0.537, .step: 0.226, .load: 0.145, .reach: 0.606, .fma: 0.206,
        .store: 0.433, .copy: 0.0305, .row: 0.203, .bit: 0.00119, .miss: 1.05, .near: 0.0145,
        .far: 0.00244, .narrow: 0.0707,
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
        .tile: 0.0229, .line: 0.0355, .step: 0.376, .load: 0.0311, .reach: 0.041, .fma: 0.178,
        .store: 0.248, .tail: 0.0833, .bit: 0.151, .miss: 12, .near: 0.000895, .stream: 0.00472,
        .page: 0.527,
      ],
      "sparse_planes1x1": [
        .tile: 0.0137, .line: 0.617, .step: 0.138, .load: 0.0677, .fma: 0.203, .chain: 0.0127,
        .store: 0.245, .tail: 0.00525, .copy: 0.0251, .row: 0.095, .near: 0.00263, .stream: 0.00243,
        .page: 0.131,
      ],
      "sparse_planes1x1_patterns": [
        .tile: 0.305, .line: 0.23, .step: 0.186, .load: 0.0319, .fma: 0.2, .store: 0.237,
        .tail: 0.259, .copy: 0.0265, .miss: 0.668, .near: 0.00404, .far: 0.0299, .stream: 0.00155,
        .page: 0.125,
      ],
      "sparse_planes": [
        .tile: 0.0371, .line: 0.184, .step: 0.127, .load: 0.0999, .reach: 0.153, .fma: 0.173,
        .chain: 0.12, .store: 0.518, .tail: 0.0395, .copy: 0.0227, .row: 0.541, .near: 0.00427,
        .far: 0.000811, .move: 0.0438, .stream: 0.00199,
      ],
      "sparse_planes_patterns": [
        .tile: 0.868, .line: 0.1, .step: 0.316, .load: 0.0874, .reach: 0.0976, .fma: 0.14,
        .store: 0.321, .tail: 0.426, .copy: 0.022, .row: 0.484, .near: 0.0058, .far: 0.0179,
        .move: 0.165, .stream: 0.00368,
      ],
      "sparse_windows": [
        .step: 0.291, .load: 0.0229, .fma: 0.665, .copy: 0.304, .near: 0.00079, .far: 0.00859,
      ],
      "sparse_windows_wide": [
        .tile: 0.82, .step: 0.313, .load: 0.00225, .fma: 1.17, .store: 0.441, .tail: 1.05,
        .copy: 0.304, .near: 0.000416, .far: 0.00859,
      ],
      "sparse_windows_rows": [
        .line: 0.0447, .step: 0.266, .load: 0.0173, .reach: 0.273, .fma: 0.547, .store: 0.0831,
        .tail: 0.251, .near: 0.0014, .far: 0.0084,
      ],
      // As plain loops without a weight, which it replaces wherever it applies.
      "mean_planes": [:],
      "sparse_product": [
        .tile: 0.0426, .line: 0.0435, .step: 0.25, .load: 0.0118, .fma: 0.12, .store: 0.137,
        .bit: 0.249, .miss: 2.77, .near: 0.02,
      ],
      "sparse_row": [
        .tile: 0.234, .line: 1.1, .step: 0.27, .load: 0.00367, .fma: 0.00795, .chain: 0.578,
        .store: 0.154, .bit: 0.156, .miss: 0.287, .near: 0.02, .far: 0.05,
      ],
      "sparse_block_rows": [
        .tile: 1.28, .step: 0.166, .load: 0.0751, .fma: 0.15, .store: 0.0428, .tail: 0.679,
        .near: 0.00343, .far: 0.00866, .narrow: 0.0621,
      ],
      "sparse_input_rows": [
        .tile: 3, .step: 0.3, .fma: 0.15, .store: 1, .near: 0.0007, .far: 0.006,
      ],
      "pool_channels": [
        .load: 0.1, .store: 0.4,
      ],
      "plain": [
        .step: 0.58, .load: 6.01, .reach: 25.8, .bit: 0.564, .miss: 12,
      ],
      "plain_window": [
        .line: 0.732, .step: 0.914, .load: 6.01, .bit: 1.43, .miss: 12, .far: 0.05, .stream: 0.02,
      ],
    ],
    others: [.tile: 5, .line: 2, .step: 2, .bit: 1.5, .fma: 0.5, .store: 1, .copy: 0.3], doubt: 0.1
  )
}
