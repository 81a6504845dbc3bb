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

  /// Refuses a model that takes more memory than allowed, and says what to change.
  func checkBudgets(ram: Int?, flash: Int?) throws(Diagnostics) {
    var problems: [Diagnostic] = []
    if let ram, lowered.plan.arenaBytes > ram { problems.append(ramProblem(ram)) }
    let needed = generated.weightsBytes + codeEstimate
    if let flash, needed > flash { problems.append(flashProblem(flash, needed)) }
    if !problems.isEmpty { throw Diagnostics(problems) }
  }

  private func ramProblem(_ limit: Int) -> Diagnostic {
    let plan = lowered.plan
    var message = DiagnosticMessage(
      "ram-budget",
      "the arena takes \(plan.arenaBytes) bytes, \(plan.arenaBytes - limit) more than --ram "
        + "\(limit); shrink the values below (smaller inputs, fewer channels: prune-filters), or "
        + "allow more")
    message.notes = plan.peak.prefix(5).map {
      "alive at the peak: '\($0.name)', \($0.bytes) bytes"
    }
    return Diagnostic(.error, message)
  }

  private func flashProblem(_ limit: Int, _ needed: Int) -> Diagnostic {
    var message = DiagnosticMessage(
      "flash-budget",
      "constants take \(generated.weightsBytes) bytes and code about \(codeEstimate), together "
        + "\(needed - limit) more than --flash \(limit); prune and sparsify the tensors below, or "
        + "allow more")
    let largest = generated.tensors.enumerated().sorted {
      $0.element.bytes != $1.element.bytes
        ? $0.element.bytes > $1.element.bytes : $0.offset < $1.offset
    }
    message.notes = largest.prefix(5).map { _, tensor in
      let elements = tensor.shape.reduce(1, *)
      let zeros = elements == 0 ? 0 : (elements - tensor.nonzeros) * 100 / elements
      return "'\(tensor.name)': \(tensor.bytes) bytes, \(tensor.storage), \(zeros) % zeros"
    }
    return Diagnostic(.error, message)
  }
}
