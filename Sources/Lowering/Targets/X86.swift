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
        .tile: 2.33, .line: 0.0197, .step: 0.49, .load: 0.00165, .fma: 0.1, .chain: 0.106,
        .store: 0.341, .near: 0.00118,
      ],
      "conv_turned_padded": [
        .line: 0.018, .step: 0.326, .fma: 0.107, .chain: 0.132, .store: 0.267, .copy: 0.0138,
        .near: 0.00031,
      ],
      "conv_planes": [
        .tile: 0.669, .line: 1.48, .step: 0.03, .load: 8.27e-05, .reach: 0.00126, .fma: 0.133,
        .store: 0.15, .copy: 0.023, .row: 0.00746, .near: 0.000313,
      ],
      "depthwise": [
        .tile: 0.472, .step: 0.18, .load: 0.011, .fma: 0.127, .store: 0.133, .tail: 0.33,
        .near: 0.004, .far: 0.01,
      ],
      "depthwise_scalar": [
        .tile: 4, .step: 0.5, .load: 0.2, .fma: 0.2, .store: 0.3,
      ],
      "depthwise_planes": [
        .tile: 0.228, .line: 0.189, .load: 0.00503, .reach: 0.0794, .fma: 0.00767, .store: 0.0402,
        .tail: 0.11, .copy: 0.0374, .row: 0.591, .near: 0.000943,
      ],
      "depthwise_rows": [
        .load: 0.146, .fma: 0.0143, .copy: 0.0208, .row: 0.336, .near: 0.00231,
      ],
      "product": [
        .tile: 0.0488, .step: 0.191, .load: 0.0191, .fma: 0.146, .chain: 0.512, .near: 0.000665,
        .far: 0.01,
      ],
      "sparse_conv": [
        .tile: 0.696, .line: 0.726, .step: 0.501, .load: 0.0849, .reach: 0.3, .fma: 0.0932,
        .store: 0.0657, .copy: 0.0229, .row: 0.0155, .miss: 0.27, .near: 0.0113,
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
        .tile: 0.047, .line: 0.167, .step: 0.462, .load: 0.00531, .reach: 0.0602, .fma: 0.102,
        .store: 0.207, .bit: 0.0583, .miss: 8.4, .near: 0.0034,
      ],
      "sparse_planes1x1": [
        .tile: 0.036, .line: 0.0585, .step: 0.741, .load: 0.00404, .fma: 0.0956, .store: 0.267,
        .tail: 0.2, .copy: 0.0188, .near: 0.0026,
      ],
      "sparse_planes1x1_patterns": [
        .tile: 0.419, .line: 0.22, .step: 0.289, .load: 0.142, .fma: 0.0368, .store: 0.302,
        .tail: 0.2, .copy: 0.028, .row: 0.00164, .miss: 1.5, .near: 0.006,
      ],
      "sparse_planes": [
        .tile: 0.0245, .line: 0.3, .step: 0.341, .load: 0.0637, .reach: 0.121, .fma: 0.0807,
        .chain: 0.386, .store: 0.252, .tail: 0.3, .copy: 0.0257, .row: 0.282, .near: 0.00543,
      ],
      "sparse_planes_patterns": [
        .tile: 0.289, .line: 0.185, .step: 0.362, .load: 0.0646, .reach: 0.105, .fma: 0.0589,
        .store: 0.162, .tail: 0.233, .copy: 0.0191, .row: 0.431, .miss: 0.794, .near: 0.0057,
      ],
      "sparse_windows": [
        .tile: 0.174, .step: 0.207, .fma: 0.468, .store: 0.15, .copy: 0.329, .near: 0.000864,
        .far: 0.006,
      ],
      "sparse_windows_wide": [
        .tile: 0.351, .step: 0.217, .fma: 0.804, .store: 0.232, .copy: 0.291, .near: 0.000274,
        .far: 0.006,
      ],
      "sparse_windows_rows": [
        .line: 0.111, .step: 0.403, .load: 0.00647, .reach: 0.708, .fma: 0.305, .store: 0.0526,
        .near: 0.000648, .far: 0.00587,
      ],
      // As plain loops without a weight, which it replaces wherever it applies.
      "mean_planes": [:],
      "sparse_product": [
        .tile: 0.0249, .line: 0.027, .step: 0.21, .load: 0.00845, .fma: 0.117, .store: 0.156,
        .bit: 0.0662, .miss: 2.31, .near: 0.02,
      ],
      "sparse_row": [
        .tile: 0.124, .line: 0.548, .step: 0.293, .load: 0.00257, .fma: 0.0033, .store: 0.0759,
        .bit: 0.0925, .miss: 0.0312, .near: 0.02, .far: 0.05,
      ],
      "sparse_block_rows": [
        .tile: 0.842, .step: 0.149, .load: 0.0609, .fma: 0.0833, .store: 0.0442, .near: 0.000718,
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
        .line: 0.395, .step: 1.12, .load: 4.2, .bit: 1, .miss: 8.4,
      ],
    ],
    others: [.tile: 5, .line: 2, .step: 2, .bit: 1.5, .fma: 0.5, .store: 1, .copy: 0.3], doubt: 0.1)
}
