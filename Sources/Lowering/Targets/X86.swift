extension Target {
  /// x86-64 with AVX-512, AVX or SSE2, whatever the C compiler is told.
  public static let x86 = Target(
    "x86-64", vectors: [.avx512, .avx, .sse2], arenaAlignment: 64, tableAlignment: 64,
    accumulators: [1: 16, 4: 10, 8: 10, 16: 24], hasWideVectors: true,
    caches: Caches(first: 32768, second: 1 << 20), codeBytes: 8, costs: .x86)
}

extension Costs {
  /// Nanoseconds on cores with AVX-512, between Zen 4 (three quarters) and Zen 5, fitted to times of
  /// layers alone and in whole models.
  static let x86 = Costs(
    [
      "sparse_plane_taps": [
        .tile: 0.113, .line: 0.892, .step: 0.0261, .load: 0.276, .reach: 0.175, .fma: 0.177,
        .store: 0.789, .tail: 0.117, .copy: 0.0336, .far: 0.00276, .move: 0.221, .stream: 0.00016,
      ],
      "depthwise_plane_taps": [
        .line: 2.23, .load: 0.0881, .reach: 0.528, .fma: 0.207, .tail: 0.0716, .copy: 0.0292,
        .far: 0.00342, .move: 0.429,
      ],
      "conv": [
        .step: 0.19, .load: 0.00839, .fma: 0.234, .chain: 0.595, .store: 0.0775, .tail: 0.279,
        .copy: 0.033, .near: 0.000608, .narrow: 0.157,
      ],
      "conv_padded": [
        .step: 0.19, .load: 0.00839, .fma: 0.234, .chain: 0.595, .store: 0.0775, .tail: 0.279,
        .copy: 0.0463, .near: 0.000608, .narrow: 0.157,
      ],
      "conv_turned": [
        .tile: 0.717, .line: 0.0325, .step: 0.536, .load: 0.00588, .fma: 0.216, .chain: 0.288,
        .store: 0.26, .copy: 0.0052, .near: 0.00296, .stream: 0.00807, .narrow: 0.107,
      ],
      "conv_turned_padded": [
        .tile: 0.717, .line: 0.0325, .step: 0.536, .load: 0.00588, .fma: 0.216, .chain: 0.288,
        .store: 0.26, .copy: 0.0213, .near: 0.00296, .stream: 0.00807, .narrow: 0.107,
      ],
      "conv_planes": [
        .tile: 0.445, .step: 0.0373, .load: 0.00158, .reach: 0.00164, .fma: 0.251, .store: 0.179,
        .tail: 0.279, .copy: 0.0321, .row: 0.0119, .near: 0.000405, .far: 0.00228, .move: 0.423,
        .stream: 0.000985,
      ],
      "depthwise": [
        .tile: 0.0252, .line: 0.0537, .load: 0.0126, .fma: 0.251, .store: 0.122, .tail: 0.121,
        .near: 0.00483, .far: 0.0154, .stream: 0.000272,
      ],
      "depthwise_scalar": [
        .tile: 4, .step: 0.5, .load: 0.2, .fma: 0.2, .store: 0.3,
      ],
      "depthwise_planes": [
        .line: 0.00862, .load: 0.0319, .fma: 0.373, .chain: 0.0541, .store: 0.0232, .tail: 0.257,
        .copy: 0.0295, .row: 1.45, .move: 0.0952, .stream: 9.33e-05,
      ],
      "depthwise_rows": [
        .tile: 1.4, .load: 0.128, .fma: 0.127, .tail: 0.898, .copy: 0.0169, .row: 1.41,
        .far: 0.00119, .stream: 0.001, .narrow: 0.0184,
      ],
      "product": [
        .tile: 0.195, .step: 0.174, .load: 0.0243, .fma: 0.28, .chain: 0.491, .near: 0.00252,
        .far: 0.0154, .stream: 0.153, .narrow: 0.194,
      ],
      "sparse_conv": [
        .tile: 0.0518, .line: 0.511, .step: 0.296, .load: 0.159, .reach: 0.511, .fma: 0.219,
        .store: 0.366, .copy: 0.0259, .row: 0.173, .bit: 0.0321, .miss: 1.22, .near: 0.0151,
        .far: 0.00178, .stream: 0.00235, .narrow: 0.0671,
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
        .tile: 0.0248, .line: 0.0384, .step: 0.404, .load: 0.0341, .reach: 0.0407, .fma: 0.193,
        .store: 0.28, .tail: 0.00971, .bit: 0.22, .miss: 13, .near: 0.0029, .stream: 0.00364,
      ],
      "sparse_planes1x1": [
        .tile: 0.0146, .line: 0.537, .step: 0.17, .load: 0.0669, .fma: 0.225, .chain: 0.0158,
        .store: 0.295, .copy: 0.0264, .row: 0.024, .near: 0.00216, .far: 0.0148, .stream: 0.00251,
      ],
      "sparse_planes1x1_patterns": [
        .tile: 0.321, .line: 0.249, .step: 0.239, .load: 0.0346, .fma: 0.217, .store: 0.0577,
        .tail: 0.244, .copy: 0.0253, .miss: 0.725, .near: 0.00282, .far: 0.0125, .stream: 0.00321,
      ],
      "sparse_planes": [
        .tile: 0.0391, .line: 0.115, .step: 0.163, .load: 0.118, .reach: 0.174, .fma: 0.175,
        .chain: 0.218, .store: 0.605, .tail: 0.0928, .copy: 0.0275, .row: 0.498, .near: 0.00505,
        .far: 0.00156, .move: 0.0427, .stream: 0.00161,
      ],
      "sparse_planes_patterns": [
        .tile: 0.797, .line: 0.0855, .step: 0.341, .load: 0.106, .reach: 0.0966, .fma: 0.149,
        .store: 0.237, .tail: 0.968, .copy: 0.0304, .row: 0.394, .miss: 0.0294, .near: 0.00644,
        .far: 0.022, .move: 0.253, .stream: 0.00117,
      ],
      "sparse_windows": [
        .tile: 0.00453, .step: 0.312, .load: 0.0618, .fma: 0.725, .store: 0.00542, .copy: 0.402,
        .near: 0.000918, .far: 0.00927,
      ],
      "sparse_windows_wide": [
        .tile: 0.879, .step: 0.338, .fma: 1.28, .store: 0.474, .tail: 1.13, .copy: 0.36,
        .near: 0.000453, .far: 0.00927,
      ],
      "sparse_windows_rows": [
        .line: 0.0489, .step: 0.565, .load: 0.0193, .reach: 0.272, .fma: 0.56, .store: 0.094,
        .tail: 0.271, .near: 0.00151, .far: 0.00907,
      ],
      // As plain loops without a weight, which it replaces wherever it applies.
      "mean_planes": [:],
      "sparse_product": [
        .tile: 0.0409, .line: 0.0414, .step: 0.288, .load: 0.0128, .fma: 0.134, .store: 0.146,
        .bit: 0.276, .miss: 3.09, .near: 0.02,
      ],
      "sparse_row": [
        .tile: 0.236, .line: 0.973, .step: 0.31, .load: 0.00396, .fma: 0.00487, .chain: 0.624,
        .store: 0.121, .bit: 0.159, .miss: 0.431, .near: 0.02, .far: 0.05,
      ],
      "sparse_block_rows": [
        .tile: 1.38, .step: 0.186, .load: 0.0836, .fma: 0.165, .store: 0.0488, .tail: 0.464,
        .near: 0.00371, .far: 0.00934, .narrow: 0.0689,
      ],
      "sparse_input_rows": [
        .tile: 3, .step: 0.3, .fma: 0.15, .store: 1, .near: 0.0007, .far: 0.006,
      ],
      "pool_channels": [
        .load: 0.1, .store: 0.4,
      ],
      "plain": [
        .tile: 0.751, .step: 0.642, .load: 6.49, .reach: 27.8, .bit: 0.609, .miss: 13,
      ],
      "plain_window": [
        .line: 0.704, .step: 1.13, .load: 6.49, .bit: 1.54, .miss: 13, .far: 0.05,
        .stream: 0.000341,
      ],
    ],
    others: [.tile: 5, .line: 2, .step: 2, .bit: 1.5, .fma: 0.5, .store: 1, .copy: 0.3], doubt: 0.1
  )
}
