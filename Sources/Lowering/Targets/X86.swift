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
        .line: 0.0197, .step: 0.181, .fma: 0.135, .chain: 0.171, .store: 0.337, .near: 0.0033,
      ],
      "conv_turned_padded": [
        .line: 0.0219, .fma: 0.153, .chain: 0.402, .store: 0.285, .copy: 0.03, .near: 0.00341,
      ],
      "conv_planes": [
        .tile: 1.08, .line: 1.83, .step: 0.0947, .load: 0.0333, .reach: 0.0899, .fma: 0.125,
        .store: 0.159, .copy: 0.0146, .row: 0.00778, .near: 0.000306,
      ],
      "depthwise": [
        .tile: 0.472, .step: 0.18, .load: 0.011, .fma: 0.127, .store: 0.133, .tail: 0.33,
        .near: 0.004, .far: 0.01,
      ],
      "depthwise_scalar": [
        .tile: 4, .step: 0.5, .load: 0.2, .fma: 0.2, .store: 0.3,
      ],
      "depthwise_planes": [
        .tile: 0.412, .line: 0.355, .load: 0.0165, .reach: 0.182, .fma: 0.107, .store: 0.0827,
        .tail: 0.247, .copy: 0.0412,
      ],
      "depthwise_rows": [
        .load: 0.19, .copy: 0.035, .row: 1.5,
      ],
      "product": [
        .tile: 0.817, .step: 0.0582, .load: 0.0393, .fma: 0.138, .chain: 0.125, .store: 0.548,
        .near: 0.00215, .far: 0.01,
      ],
      "sparse_conv": [
        .line: 0.395, .step: 0.571, .load: 0.012, .reach: 0.3, .fma: 0.196, .store: 0.301,
        .copy: 0.0342, .row: 2.5, .miss: 0.217, .near: 0.003,
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
        .tile: 0.07, .line: 0.0161, .step: 0.308, .load: 0.0596, .fma: 0.173, .store: 0.248,
        .bit: 0.00949, .miss: 8.4, .near: 0.0762,
      ],
      "sparse_planes1x1": [
        .tile: 0.0456, .line: 0.0926, .step: 0.427, .load: 0.00209, .fma: 0.112, .store: 0.39,
        .tail: 0.2, .copy: 0.0273, .near: 0.002,
      ],
      "sparse_planes1x1_patterns": [
        .tile: 1.3, .line: 0.113, .step: 0.435, .load: 0.0611, .fma: 0.0689, .store: 0.393,
        .tail: 0.2, .copy: 0.0187, .near: 0.000776,
      ],
      "sparse_planes": [
        .tile: 0.203, .line: 0.571, .step: 0.258, .load: 0.0255, .reach: 0.141, .fma: 0.118,
        .chain: 1, .store: 0.135, .tail: 0.3, .copy: 0.0325, .row: 0.0971, .near: 0.00545,
      ],
      "sparse_planes_patterns": [
        .tile: 1.27, .line: 0.292, .step: 0.25, .load: 0.0492, .reach: 0.134, .fma: 0.0917,
        .store: 0.302, .tail: 0.233, .copy: 0.027, .row: 0.424, .near: 0.00248,
      ],
      "sparse_windows": [
        .tile: 0.877, .step: 0.194, .fma: 0.471, .store: 0.433, .copy: 0.281, .near: 0.000786,
        .far: 0.006,
      ],
      "sparse_windows_wide": [
        .tile: 1.97, .step: 0.216, .fma: 0.796, .store: 0.459, .copy: 0.201, .near: 0.000365,
        .far: 0.006,
      ],
      "sparse_windows_rows": [
        .tile: 4.28, .step: 0.428, .fma: 0.283, .store: 0.428, .near: 0.00136, .far: 0.00584,
      ],
      // As plain loops without a weight, which it replaces wherever it applies.
      "mean_planes": [:],
      "sparse_product": [
        .step: 0.265, .load: 0.00836, .fma: 0.111, .store: 0.0781, .bit: 0.0719, .miss: 3.99,
        .near: 0.0138,
      ],
      "sparse_row": [
        .tile: 2, .line: 0.547, .step: 0.304, .load: 0.00257, .fma: 0.0033, .store: 0.102,
        .bit: 0.0786, .near: 0.0612, .far: 0.0612,
      ],
      "sparse_block_rows": [
        .tile: 3, .step: 0.15, .load: 0.0604, .fma: 0.0828, .store: 0.106, .near: 0.000683,
        .far: 0.006,
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
        .line: 0.374, .step: 1.13, .load: 4.2, .bit: 1, .miss: 8.4,
      ],
    ],
    others: [.tile: 5, .line: 2, .step: 2, .bit: 1.5, .fma: 0.5, .store: 1, .copy: 0.3], doubt: 0.1)
}
