public import CoppiceC
public import CoppiceIR
public import CoppiceLowering

/// A model as C in memory.
public struct CompiledModel: Sendable {
  /// The prefix of symbols and files.
  public let name: String
  /// The graph it was made from.
  public let optimized: OptimizedModel
  /// Kernels and their memory plan.
  public let lowered: LoweredModel
  /// The files and what they cost.
  public let generated: GeneratedModel
  /// Every plan of each layer, if they were asked for.
  public var plans: [PlanRecord] = []
  /// What there is to say of the self-test.
  let remarks: [Diagnostic]

  /// Notes and warnings of every stage.
  public var diagnostics: [Diagnostic] {
    optimized.diagnostics + (optimized.denseZeros.map { [$0] } ?? []) + remarks
  }

  /// A forecast of the bytes of machine code.
  public var codeEstimate: Int { generated.codeBytes }

  /// Bytes of RAM in all: the arena, the caller's inputs and outputs, and a forecast of the stack.
  public var ramBytes: Int {
    lowered.plan.arenaBytes + generated.portBytes + generated.stackBytes
  }

  /// Writes the files, all or none.
  ///
  /// - Parameter folder: Created when it is not there.
  /// - Throws: Why they could not be written.
  public func write(to folder: String) throws(Diagnostics) {
    try write(to: folder) {}
  }

  /// Writes the files, all or none; if `confirm` throws when they are in place, none.
  package func write(
    to folder: String, _ confirm: () throws(Diagnostics) -> Void
  ) throws(Diagnostics) {
    try writeAll(
      generated.files, to: folder, sparing: optimized.modelFiles + optimized.otherFiles,
      also: { set throws(Diagnostics) in try optimized.addAudit(to: set) }, confirm)
  }
}
