import CoppiceLowering

/// A core that QEMU has a board for.
struct EmulatedCore: Sendable {
  let target: String
  /// What the C compiler is told.
  let flags: [String]
  let board: String

  private static let all = [
    EmulatedCore(
      target: "cortex-m4",
      flags: ["-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"], board: "mps2-an386"),
    EmulatedCore(
      target: "cortex-m7",
      flags: ["-mcpu=cortex-m7", "-mfpu=fpv5-sp-d16", "-mfloat-abi=hard"], board: "mps2-an500"),
    EmulatedCore(
      target: "cortex-m55", flags: ["-mcpu=cortex-m55", "-mfpu=auto", "-mfloat-abi=hard"],
      board: "mps3-an547"),
  ]

  static var names: String { all.map(\.target).joined(separator: ", ") }

  private init(target: String, flags: [String], board: String) {
    (self.target, self.flags, self.board) = (target, flags, board)
  }

  init?(_ target: Target) {
    guard let core = Self.all.first(where: { $0.target == target.name }) else { return nil }
    self = core
  }
}
