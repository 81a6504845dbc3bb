extension Target {
  /// x86-64 with AVX-512, AVX or SSE2, whatever the C compiler is told.
  public static let x86 = Target(
    "x86-64", vectors: [.avx512, .avx, .sse2], arenaAlignment: 64, tableAlignment: 64,
    accumulators: [1: 16, 4: 10, 8: 10, 16: 24], hasWideVectors: true,
    caches: Caches(first: 32768, second: 1 << 20), codeBytes: 8, costs: .x86)
}

extension Costs {
  /// Nanoseconds on cores with AVX-512, in the middle between Zen 4 and Zen 5, fitted to times of layers
  /// alone and in whole models.
  static let x86 = Costs(
    [
      "sparse_plane_taps": [
        .tile: 0.0788, .line: 0.891, .step: 0.0196, .load: 0.224, .reach: 0.141, .fma: 0.24,
        .store: 0.64, .tail: 0.0813, .copy: 0.0282, .row: 0.472, .move: 0.122, .stream: 0.000231,
      ],
      "depthwise_plane_taps": [
        .line: 1.83, .load: 0.0697, .reach: 0.428, .fma: 0.173, .tail: 0.0577, .copy: 0.0246,
        .move: 0.34,
      ],
      "conv": [
        .step: 0.172, .load: 0.00814, .fma: 0.172, .chain: 0.592, .store: 0.0609, .tail: 0.206,
        .copy: 0.0272, .near: 0.000871, .stream: 0.000442,
      ],
      "conv_padded": [
        .step: 0.172, .load: 0.00814, .fma: 0.172, .chain: 0.592, .store: 0.0609, .tail: 0.206,
        .copy: 0.0375, .near: 0.000871, .stream: 0.000442,
      ],
      "conv_turned": [
        .tile: 1.35, .line: 0.0265, .step: 0.409, .load: 0.00265, .fma: 0.165, .chain: 0.263,
        .store: 0.206, .copy: 0.00252, .near: 0.00276, .stream: 0.0014,
      ],
      "conv_turned_padded": [
        .tile: 1.35, .line: 0.0265, .step: 0.409, .load: 0.00265, .fma: 0.165, .chain: 0.263,
        .store: 0.206, .copy: 0.0173, .near: 0.00276, .stream: 0.0014,
      ],
      "conv_planes": [
        .tile: 0.33, .step: 0.0341, .load: 0.00123, .reach: 0.00128, .fma: 0.19, .store: 0.134,
        .tail: 0.232, .copy: 0.0285, .row: 0.00969, .near: 0.000324, .move: 0.309,
        .stream: 0.000814,
      ],
      "depthwise": [
        .tile: 0.0185, .line: 0.0393, .load: 0.0109, .fma: 0.183, .store: 0.105, .tail: 0.104,
        .near: 0.00355, .far: 0.0125, .stream: 0.000305,
      ],
      "depthwise_scalar": [
        .tile: 4, .step: 0.5, .load: 0.2, .fma: 0.2, .store: 0.3,
      ],
      "depthwise_planes": [
        .tile: 0.305, .line: 0.00679, .load: 0.0259, .fma: 0.309, .store: 0.0187, .tail: 0.0859,
        .copy: 0.0223, .row: 1.46, .move: 0.0605, .stream: 0.000111,
      ],
      "depthwise_rows": [
        .tile: 1.43, .load: 0.0978, .fma: 0.0959, .tail: 0.675, .copy: 0.0163, .row: 1.12,
        .stream: 0.000566,
      ],
      "product": [
        .tile: 0.152, .step: 0.173, .load: 0.012, .fma: 0.217, .chain: 0.579, .near: 0.00183,
        .far: 0.0125, .stream: 0.0679,
      ],
      "sparse_conv": [
        .tile: 0.0433, .line: 0.412, .step: 0.226, .load: 0.137, .reach: 0.282, .fma: 0.171,
        .store: 0.31, .copy: 0.0244, .row: 0.145, .bit: 0.0583, .miss: 0.909, .near: 0.0133,
        .stream: 0.00129,
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
        .tile: 0.02, .line: 0.0311, .step: 0.3, .load: 0.0598, .reach: 0.0526, .fma: 0.14,
        .store: 0.226, .tail: 0.0358, .bit: 0.14, .miss: 10.5, .near: 0.00167, .stream: 0.00218,
      ],
      "sparse_planes1x1": [
        .tile: 0.0118, .line: 0.393, .step: 0.161, .load: 0.0482, .fma: 0.181, .chain: 0.0109,
        .store: 0.271, .tail: 0.00151, .copy: 0.0229, .row: 0.0113, .near: 0.00185, .stream: 0.0015,
      ],
      "sparse_planes1x1_patterns": [
        .tile: 0.297, .line: 0.2, .step: 0.216, .load: 0.0589, .fma: 0.148, .store: 0.113,
        .tail: 0.148, .copy: 0.0268, .miss: 0.743, .near: 0.00229, .stream: 0.00203,
      ],
      "sparse_planes": [
        .tile: 0.0337, .line: 0.143, .step: 0.153, .load: 0.0875, .reach: 0.153, .fma: 0.145,
        .chain: 0.162, .store: 0.406, .tail: 0.0991, .copy: 0.0251, .row: 0.391, .near: 0.00532,
        .move: 0.0399, .stream: 0.00114,
      ],
      "sparse_planes_patterns": [
        .tile: 0.701, .line: 0.0991, .step: 0.338, .load: 0.0841, .reach: 0.0844, .fma: 0.105,
        .store: 0.148, .tail: 1.06, .copy: 0.0225, .row: 0.404, .miss: 0.0977, .near: 0.00545,
        .move: 0.333, .stream: 0.000659,
      ],
      "sparse_windows": [
        .tile: 0.196, .step: 0.253, .load: 0.0178, .fma: 0.588, .store: 0.112, .copy: 0.355,
        .near: 0.00118, .far: 0.00751,
      ],
      "sparse_windows_wide": [
        .tile: 0.672, .step: 0.274, .load: 0.0428, .fma: 1.04, .store: 0.373, .tail: 0.916,
        .copy: 0.291, .near: 0.000339, .far: 0.00751,
      ],
      "sparse_windows_rows": [
        .line: 0.0409, .step: 0.457, .load: 0.0166, .reach: 0.295, .fma: 0.436, .store: 0.0779,
        .tail: 0.219, .near: 0.00118, .far: 0.00735,
      ],
      // As plain loops without a weight, which it replaces wherever it applies.
      "mean_planes": [:],
      "sparse_product": [
        .tile: 0.0328, .line: 0.0332, .step: 0.23, .load: 0.0104, .fma: 0.123, .store: 0.164,
        .bit: 0.172, .miss: 2.67, .near: 0.02,
      ],
      "sparse_row": [
        .tile: 0.188, .line: 0.743, .step: 0.289, .load: 0.00321, .fma: 0.005, .chain: 0.501,
        .store: 0.115, .bit: 0.126, .miss: 0.306, .near: 0.02, .far: 0.05,
      ],
      "sparse_block_rows": [
        .tile: 1.28, .step: 0.181, .load: 0.0609, .fma: 0.0762, .store: 0.0388, .tail: 0.501,
        .near: 0.003, .far: 0.00751,
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
        .line: 0.43, .step: 1.24, .load: 5.26, .bit: 1.25, .miss: 10.5, .stream: 0.00508,
      ],
    ],
    others: [.tile: 5, .line: 2, .step: 2, .bit: 1.5, .fma: 0.5, .store: 1, .copy: 0.3], doubt: 0.1
  )
}
