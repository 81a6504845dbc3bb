import CoppiceIR

/// A fast lowering of an operator for some shapes, storages and layouts.
protocol KernelForm {
  /// Builds the kernel, or answers `nil` where the form does not apply.
  func kernel(
    _ computation: Computation, _ builder: LoopBuilder, _ target: Target
  ) throws(DiagnosticMessage) -> Kernel?
}

extension ModelLowering {
  /// The fast forms, most special first.
  var fastForms: [any KernelForm] {
    [
      UniformConvolution(), SparsePointwise(), SparseConvolution(), DepthwiseConvolution(),
      DenseConvolution(), SparseProduct(), DenseProduct(),
    ]
  }
}

/// Builds one body for each vector width of a target, widest first, and a scalar one.
///
/// - Parameters:
///   - title: What the kernel is.
///   - vectors: Whether vectors apply at all.
///   - builder: Takes the statements.
///   - target: Says which widths there are.
///   - body: Builds the body for vectors of so many floats; 1 for scalars.
/// - Returns: The kernel.
/// - Throws: What `body` throws.
func kernel(
  _ title: String, vectors: Bool, _ builder: LoopBuilder, _ target: Target,
  _ body: (_ lanes: Int) throws(DiagnosticMessage) -> Void
) throws(DiagnosticMessage) -> Kernel {
  var variants: [Kernel.Variant] = []
  for bytes in (vectors ? target.vectorBytes : []) + [0] {
    try body(max(bytes / 4, 1))
    variants.append(.init(vectorBytes: bytes, body: builder.takeStatements()))
  }
  return Kernel(title: title, variants: variants)
}
