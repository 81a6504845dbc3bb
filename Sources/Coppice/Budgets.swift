import CoppiceC
import CoppiceIR
import CoppiceLowering

extension CompiledModel {
  /// The bytes of constants and about those of the code.
  var flashBytes: Int { generated.weightsBytes + codeEstimate }

  /// Refuses a model that takes more memory than allowed, and says what to change.
  ///
  /// - Parameters:
  ///   - ram: The most bytes of the arena.
  ///   - flash: The most bytes of constants and code.
  ///   - trial: The bytes of flash under another pipeline; `nil` if they cannot be told soon.
  /// - Throws: `ram-budget` and `flash-budget`.
  func checkBudgets(
    ram: Int?, flash: Int?, trying trial: (String) -> Int?
  ) throws(Diagnostics) {
    var problems: [Diagnostic] = []
    if let ram, lowered.plan.arenaBytes > ram { problems.append(ramProblem(ram)) }
    if let flash, flashBytes > flash { problems.append(flashProblem(flash, trial)) }
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

  private func flashProblem(_ limit: Int, _ trial: (String) -> Int?) -> Diagnostic {
    var message = DiagnosticMessage(
      "flash-budget",
      "constants take \(generated.weightsBytes) bytes and code about \(codeEstimate), together "
        + "\(flashBytes - limit) more than --flash \(limit); prune and sparsify the tensors below, or "
        + "allow more")
    message.notes = heaviest + [FlashAdvice(self, limit).text(trying: trial)]
    return Diagnostic(.error, message)
  }

  /// The tensors with the most bytes, and their part of all constants.
  private var heaviest: [String] {
    let largest = generated.tensors.enumerated().sorted {
      $0.element.bytes != $1.element.bytes
        ? $0.element.bytes > $1.element.bytes : $0.offset < $1.offset
    }
    return largest.prefix(5).map { _, tensor in
      let elements = tensor.shape.reduce(1, *)
      let zeros = elements == 0 ? 0 : (elements - tensor.nonzeros) * 100 / elements
      let part = tensor.bytes * 100 / max(generated.weightsBytes, 1)
      return "'\(tensor.name)': \(tensor.bytes) bytes (\(part) % of the constants), "
        + "\(tensor.storage), \(zeros) % zeros"
    }
  }
}
