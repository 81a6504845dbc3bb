extension Target {
  /// RISC-V without vectors; costs as on Cortex-M4.
  public static let riscv = Target("riscv", reach: 2044, codeBytes: 6, costs: .cortexM4)
}
