import CoppiceIR

/// One way to compute an operator for some shapes, storages and layouts.
///
/// To add one, write a file like those beside this one and list it in `kernelForms`.
protocol KernelForm: Sendable {
  /// How the form would compute a site.
  ///
  /// Nothing is built or packed. The same site, storage and target give the same plan.
  ///
  /// - Parameters:
  ///   - site: The node, its tail and where everything lies.
  ///   - storage: The storage of the weight; that which it has, or one that is considered.
  ///   - target: What was measured.
  /// - Returns: `nil` where the form does not apply.
  func plan(_ site: Site, _ storage: StorageKind, _ target: Target) -> Plan?
}

/// Builds one body for each vector width of a target, widest first, and a scalar one.
///
/// - Parameters:
///   - title: What the kernel is.
///   - vectors: Whether vectors apply at all.
///   - builder: Takes the statements.
///   - target: Says which widths there are.
///   - element: What vectors hold.
///   - body: Builds the body for vectors of so many numbers; 1 for scalars.
/// - Returns: The kernel.
/// - Throws: What `body` throws.
func kernel(
  _ title: String, vectors: Bool, _ builder: LoopBuilder, _ target: Target,
  of element: ElementType,
  _ body: (_ lanes: Int) throws(DiagnosticMessage) -> Void
) throws(DiagnosticMessage) -> Kernel {
  var variants: [Kernel.Variant] = []
  for bytes in (vectors ? target.vectors(of: element) : []) + [0] {
    try body(max(bytes * 8 / element.bits, 1))
    variants.append(.init(vectorBytes: bytes, body: builder.takeStatements()))
  }
  return Kernel(title: title, variants: variants)
}
