/// What code is generated for.
public enum Target: String, Hashable, Sendable, CaseIterable {
  case generic
  case x86 = "x86-64"
  case aarch64
  case cortexM4 = "cortex-m4"
  case cortexM7 = "cortex-m7"
  case cortexM55 = "cortex-m55"
  case riscv

  /// Bytes of the vectors that one source carries variants for, widest first; none for strict C99.
  public var vectorBytes: [Int] {
    switch self {
    case .x86: [64, 32, 16]
    case .aarch64: [16]
    default: []
    }
  }

  /// The alignment of the arena in bytes.
  public var arenaAlignment: Int { self == .x86 ? 64 : 16 }

  /// Floating-point registers that a tile of accumulators may take when there are no vectors.
  public var scalarTile: Int { 16 }
}
