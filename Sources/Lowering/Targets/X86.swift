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
        .tile: 7.73, .line: 0.0205, .step: 0.204, .fma: 0.132, .chain: 0.149, .store: 0.454,
        .near: 0.00417,
      ],
      "conv_turned_padded": [
        .line: 0.0171, .fma: 0.12, .chain: 0.314, .store: 0.223, .copy: 0.0234, .near: 0.00265,
      ],
      "conv_planes": [
        .tile: 1.01, .line: 1.47, .step: 0.0575, .reach: 0.00408, .fma: 0.137, .store: 0.155,
        .copy: 0.017, .row: 0.00775, .near: 0.000295,
      ],
      "depthwise": [
        .tile: 0.472, .step: 0.18, .load: 0.011, .fma: 0.127, .store: 0.133, .tail: 0.33,
        .near: 0.004, .far: 0.01,
      ],
      "depthwise_scalar": [
        .tile: 4, .step: 0.5, .load: 0.2, .fma: 0.2, .store: 0.3,
      ],
      "depthwise_planes": [
        .tile: 0.411, .line: 0.356, .load: 0.0166, .reach: 0.182, .fma: 0.106, .store: 0.0828,
        .tail: 0.247, .copy: 0.0411,
      ],
      "depthwise_rows": [
        .load: 0.19, .copy: 0.035, .row: 1.5,
      ],
      "product": [
        .tile: 0.678, .step: 0.0586, .load: 0.0368, .fma: 0.143, .chain: 0.13, .store: 0.643,
        .near: 0.00217, .far: 0.01,
      ],
      "sparse_conv": [
        .line: 0.71, .step: 0.445, .load: 0.0961, .reach: 0.3, .fma: 0.0878, .store: 0.205,
        .copy: 0.0359, .miss: 0.132, .near: 0.0102,
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
        .tile: 0.0618, .line: 0.0225, .step: 0.51, .load: 0.0547, .fma: 0.101, .store: 0.245,
        .bit: 0.0167, .miss: 8.4, .near: 0.0762,
      ],
      "sparse_planes1x1": [
        .tile: 0.0382, .line: 0.0656, .step: 0.803, .load: 0.0022, .fma: 0.0935, .store: 0.335,
        .tail: 0.2, .copy: 0.0218, .near: 0.00347,
      ],
      "sparse_planes1x1_patterns": [
        .tile: 0.739, .line: 0.0556, .step: 0.348, .load: 0.15, .fma: 0.0292, .store: 0.322,
        .tail: 0.2, .copy: 0.0206, .near: 0.000982,
      ],
      "sparse_planes": [
        .tile: 0.0869, .line: 0.318, .step: 0.264, .load: 0.0692, .reach: 0.108, .fma: 0.0922,
        .chain: 0.435, .store: 0.268, .tail: 0.3, .copy: 0.0475, .row: 0.241, .near: 0.0118,
      ],
      "sparse_planes_patterns": [
        .tile: 0.561, .line: 0.741, .step: 0.227, .load: 0.0676, .reach: 0.0878, .fma: 0.0699,
        .store: 0.757, .tail: 0.233, .copy: 0.00265, .row: 0.484, .miss: 0.424, .near: 0.012,
      ],
      "sparse_windows": [
        .tile: 0.533, .step: 0.197, .fma: 0.487, .store: 0.333, .copy: 0.296, .near: 0.000718,
        .far: 0.006,
      ],
      "sparse_windows_wide": [
        .tile: 1.19, .step: 0.218, .fma: 0.818, .store: 0.403, .copy: 0.244, .near: 0.000272,
        .far: 0.006,
      ],
      "sparse_windows_rows": [
        .tile: 4.3, .step: 0.43, .fma: 0.284, .store: 0.43, .near: 0.00136, .far: 0.00587,
      ],
      // As plain loops without a weight, which it replaces wherever it applies.
      "mean_planes": [:],
      "sparse_product": [
        .tile: 0.0839, .line: 0.0826, .step: 0.245, .load: 0.00839, .fma: 0.112, .store: 0.0368,
        .bit: 0.0836, .miss: 4.39, .near: 0.0139,
      ],
      "sparse_row": [
        .tile: 0.197, .line: 0.522, .step: 0.301, .load: 0.00257, .fma: 0.0033, .store: 0.097,
        .bit: 0.0813, .miss: 0.0234, .near: 0.085, .far: 0.0612,
      ],
      "sparse_block_rows": [
        .tile: 1.03, .step: 0.146, .load: 0.0631, .fma: 0.0877, .store: 0.0487, .near: 0.000628,
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
        .line: 0.433, .step: 1.12, .load: 4.2, .bit: 1, .miss: 8.4,
      ],
    ],
    others: [.tile: 5, .line: 2, .step: 2, .bit: 1.5, .fma: 0.5, .store: 1, .copy: 0.3], doubt: 0.1)
}
