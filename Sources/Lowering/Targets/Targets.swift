extension Target: CaseIterable {
  /// Every target there is, in the order that they are listed to users.
  public static let allCases: [Target] = [
    .generic, .x86, .aarch64, .cortexM0, .cortexM0Plus, .cortexM3, .cortexM4, .cortexM7, .cortexM33,
    .cortexM55, .cortexM85, .riscv, .riscv32, .riscv64, .rv32, .xtensa,
  ]

  /// Finds a target.
  ///
  /// - Parameter name: Its name.
  public init?(named name: String) {
    guard let target = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = target
  }
}
