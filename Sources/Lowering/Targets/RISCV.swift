extension Target {
  /// RISC-V without vectors; costs as on Cortex-M4.
  public static let riscv = Target("riscv", reach: 2044, codeBytes: 6, costs: .cortexM4)

  /// RISC-V of 32 bits without a float unit, such as RV32IMC: floats by library calls.
  public static let rv32 = Target("rv32", reach: 2044, codeBytes: 4, costs: .softFloat(fma: 80))
  /// RISC-V of 32 bits without vectors; costs as on Cortex-M4.
  public static let riscv32 = Target("riscv32", reach: 2044, codeBytes: 6, costs: .cortexM4)
  /// RISC-V of 64 bits without vectors; costs as on Cortex-M4.
  public static let riscv64 = Target("riscv64", reach: 2044, codeBytes: 6, costs: .cortexM4)
}
