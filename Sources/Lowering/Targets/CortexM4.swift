extension Target {
  /// Cortex-M4 with its float unit: one number at a time.
  public static let cortexM4 = Target("cortex-m4", codeBytes: 5, costs: .cortexM4)
}

extension Costs {
  /// Instructions, fitted to exact counts of single layers; forms that leave zeros out are charged a
  /// tenth more, so that what is promised of them is kept by all layers that were counted.
  static let cortexM4 = Costs(
    [
      "conv": [
        .tile: 42.8, .load: 2.23, .fma: 0.632, .chain: 3.16,
      ],
      "depthwise": [
        .tile: 19.9, .step: 2.78, .load: 1.65, .store: 0.154,
      ],
      "product": [
        .tile: 29.4, .step: 3.89, .load: 1.1, .fma: 0.91, .store: 0.116,
      ],
      "sparse_conv": [
        .line: 13.5, .step: 8.47, .load: 0.74, .fma: 1.44, .store: 2.16, .bit: 3.54,
      ],
      "sparse_conv_padded": [
        .line: 13.5, .step: 8.47, .load: 0.74, .fma: 1.44, .store: 2.16, .bit: 3.54, .copy: 6.6,
      ],
      "sparse_conv1x1": [
        .tile: 9.92, .step: 8.8, .load: 0.853, .fma: 1.34, .store: 2.22, .bit: 3.47,
      ],
      "sparse_product": [
        .tile: 9.46, .step: 1.32, .load: 1.91, .fma: 1.65, .store: 2.56, .bit: 4.46,
      ],
      "sparse_row": [
        .tile: 29.4, .step: 4.26, .fma: 2.56, .store: 9.16, .bit: 2.64,
      ],
      "sparse_row_blocks": [
        .tile: 38.5, .step: 6.6, .fma: 4.4, .store: 8.8, .bit: 2.64,
      ],
      "plain": [
        .tile: 60, .step: 7.74, .bit: 4.25, .load: 11,
      ],
      "plain_window": [
        .line: 20.1, .step: 17.6, .bit: 5.54, .load: 22,
      ],
    ],
    others: [.tile: 20, .line: 10, .step: 12, .bit: 6, .load: 1, .fma: 1, .store: 3, .copy: 4])
}
