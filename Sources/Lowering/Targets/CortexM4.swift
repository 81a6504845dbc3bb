extension Target {
  /// Cortex-M4 with its float unit: one number at a time.
  public static let cortexM4 = Target(
    "cortex-m4", hasPackedIntegers: true, hasFloatPrograms: true, reach: 1020, codeBytes: 5,
    costs: .cortexM4)
}

extension Costs {
  /// Instructions, fitted to exact counts of single layers; forms that leave zeros out are charged a
  /// twentieth more, those of windows with a single channel a tenth, pointwise ones, whose counts
  /// are foreseen best, nothing.
  static let cortexM4 = Costs(
    [
      "conv": [
        .tile: 11.5, .step: 3.67, .load: 1.2, .fma: 0.904, .chain: 3.79, .store: 1.87,
      ],
      "conv_integer": [
        .tile: 30, .step: 4, .load: 2, .fma: 1.1, .chain: 3.79, .store: 24,
      ],
      "depthwise_integer": [
        .tile: 20, .line: 8, .step: 10, .load: 2, .fma: 3, .store: 24,
      ],
      "product_integer": [
        .tile: 20, .step: 3, .load: 2, .fma: 1, .chain: 1, .store: 24,
      ],
      "conv_dot": [
        .tile: 21, .line: 60, .step: 10.3, .load: 7.2, .copy: 1.1, .store: 22,
      ],
      "conv_dot_rows": [
        .tile: 32, .line: 130, .step: 10, .load: 7, .copy: 1.7, .store: 22,
      ],
      "product_dot": [
        .tile: 12, .line: 30, .step: 18.5, .copy: 1.1, .store: 22,
      ],
      "sparse_pairs": [
        .tile: 31, .line: 60, .step: 3.7, .fma: 1, .load: 12, .bit: 5, .copy: 4, .store: 22,
      ],
      "sparse_pairs_gaps": [
        .tile: 31, .line: 60, .step: 3.7, .fma: 1, .load: 16, .bit: 6, .copy: 4, .store: 22,
      ],
      "sparse_pairs_whole": [
        .tile: 31, .line: 60, .step: 3.7, .fma: 1, .load: 9, .bit: 5, .copy: 4, .store: 22,
      ],
      "sparse_rows_pairs": [
        .tile: 10, .line: 30, .step: 10, .copy: 1.1, .store: 22,
      ],
      "sparse_rows_blocks": [
        .tile: 11, .line: 30, .step: 13, .copy: 1.1, .store: 22,
      ],
      "depthwise_taps": [
        .tile: 60, .line: 8, .step: 13, .fma: 11, .copy: 2.2, .store: 22,
      ],
      "depthwise_dot": [
        .tile: 50, .line: 6, .step: 10, .fma: 5, .copy: 2, .store: 22,
      ],
      "conv_panel": [
        .tile: 50, .line: 14, .step: 45, .load: 0.19, .fma: 1.095, .copy: 1.7, .store: 9,
      ],
      "product_row": [
        .tile: 13, .line: 40, .fma: 1.157, .copy: 4, .store: 9,
      ],
      "sparse_points": [
        .tile: 14, .line: 50, .step: 7, .fma: 1, .result: 2.7,
      ],
      "sparse_taps": [
        .tile: 18, .line: 7.3, .step: 5, .load: 1, .fma: 1, .chain: 75, .copy: 1, .result: 2.7,
      ],
      "sparse_entries": [
        .tile: 15, .line: 40, .step: 4.6, .store: 9, .copy: 5,
      ],
      "depthwise": [
        .line: 0.627, .step: 8.43, .fma: 1.96, .store: 1.55,
      ],
      "product": [
        .step: 2.21, .load: 1.29, .fma: 0.938, .chain: 0.99, .store: 0.576,
      ],
      "sparse_conv": [
        .line: 14.4, .step: 5.32, .load: 0.706, .reach: 0.903, .fma: 1.54, .store: 1.62,
        .bit: 3.31,
      ],
      "sparse_conv_single": [
        .line: 10.8, .step: 6.09, .load: 0.55, .reach: 1.08, .fma: 2.42, .store: 1.62,
        .bit: 1.61,
      ],
      "sparse_conv_padded": [
        .tile: 33.1, .line: 8.32, .step: 6.28, .load: 0.702, .fma: 1.42, .store: 1.34,
        .copy: 2.53, .bit: 4.88,
      ],
      "sparse_conv1x1": [
        .tile: 4.47, .line: 4.4, .step: 6.54, .load: 0.807, .reach: 0.86, .fma: 1.3, .store: 2.01,
        .bit: 4.3,
      ],
      "sparse_product": [
        .line: 4.65, .step: 5.39, .load: 0.553, .reach: 1.18, .fma: 1.48, .store: 3.99,
        .bit: 5.18, .miss: 31.7,
      ],
      "sparse_row": [
        .tile: 15.2, .line: 19.1, .step: 3.86, .fma: 2.44, .store: 4.51,
      ],
      "plain": [
        .tile: 60, .step: 7.74, .bit: 4.25, .load: 11,
      ],
      "plain_window": [
        .line: 20.1, .step: 17.6, .bit: 5.54, .load: 22,
      ],
    ],
    others: [
      .tile: 20, .line: 10, .step: 12, .bit: 6, .load: 1, .reach: 1, .fma: 1, .store: 3, .tail: 4,
      .copy: 4,
    ])
}
