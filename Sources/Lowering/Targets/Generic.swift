extension Target {
  /// Any processor with a C99 compiler; costs as on Cortex-M4.
  public static let generic = Target(
    "generic", tableAlignment: 64, reach: 1020, codeBytes: 6, costs: .cortexM4)
}
