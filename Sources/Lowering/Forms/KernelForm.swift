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
  var fastForms: [any KernelForm] { [] }
}
