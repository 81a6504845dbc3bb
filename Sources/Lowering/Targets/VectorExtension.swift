import CoppiceIR

/// Vectors that code is compiled for where the C compiler has them.
public enum VectorExtension: Hashable, Sendable {
  case avx512, avx, sse2, neon, helium

  /// Bytes of a vector.
  public var bytes: Int {
    switch self {
    case .avx512: 64
    case .avx: 32
    case .sse2, .neon, .helium: 16
    }
  }

  /// The types that its vectors compute in.
  var elements: Set<ElementType> { self == .helium ? [.float32] : [.float32, .float64] }
}
