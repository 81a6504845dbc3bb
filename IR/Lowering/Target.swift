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
    case .aarch64, .cortexM55: [16]
    default: []
    }
  }

  /// The alignment of the arena in bytes.
  public var arenaAlignment: Int { self == .x86 ? 64 : 16 }

  /// Output channels that are computed together when vectors apply, descending down to 1.
  package var vectorBlocks: [Int] {
    switch self {
    case .cortexM55: [8, 4, 1]
    case .aarch64: [16, 8, 4, 1]
    default: [32, 16, 8, 4, 1]
    }
  }

  /// Registers that a tile of accumulators may take, so that weights and activations find theirs.
  ///
  /// - Parameter lanes: Floats in a vector; 1 for scalars.
  /// - Returns: Registers of that width.
  package func accumulators(lanes: Int) -> Int {
    switch (self, lanes) {
    case (_, 1): 16
    case (.cortexM55, _): 6
    case (.aarch64, _), (_, 16...): 24
    default: 10
    }
  }
}
