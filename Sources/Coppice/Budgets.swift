import CoppiceC
import CoppiceIR
import CoppiceLowering

extension CompiledModel {
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
    message.notes = heaviest + [FlashAdvice(self, limit).text]
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

/// Which sparsity would make a model fit, by what storages take at least.
private struct FlashAdvice {
  /// What kernels for sparse weights have usually had more than dense ones, in bytes.
  private static let sparseKernels = 3600

  private let limit: Int
  private let code: Int
  private let pipeline: String
  /// The weights that element pruning can zero: elements, and bytes of one.
  private var weights: [(elements: Int, bytes: Int)] = []
  /// Bytes of the constants that pruning leaves as they are.
  private var others: Int

  init(_ model: CompiledModel, _ limit: Int) {
    let graph = model.optimized.graph
    self.limit = limit
    code = model.codeEstimate
    pipeline = model.optimized.pipeline
    let emitted = Dictionary(model.generated.tensors.map { ($0.name, $0.bytes) }) { $0 + $1 }
    others = model.generated.weightsBytes
    for weight in graph.weights() where weight.refusal == nil {
      let value = graph[weight.value]
      guard let bytes = emitted[value.name], value.type.count > 0 else { continue }
      others -= bytes
      weights.append((value.type.count, value.type.byteCount / value.type.count))
    }
  }

  var text: String {
    let told = "of the constants, \(others) bytes are no weights that pruning can zero"
    guard !weights.isEmpty else { return told + "; prune-filters removes whole channels" }
    // In steps that promise no more than the estimate holds.
    let fitting = stride(from: 5, through: 95, by: 5).first { bytes(at: $0) <= limit }
    guard let percent = fitting else {
      return told + "; with 95 % of the weights zero it still takes about \(bytes(at: 95)) bytes: "
        + "remove channels (prune-filters) or allow more"
    }
    let sparsity =
      percent % 10 == 0 ? "0.\(percent / 10)" : "0.\(percent < 10 ? "0" : "")\(percent)"
    return told + "; with about \(percent) % of the weights zero it would fit: --passes '"
      + "\(stem)prune-magnitude{sparsity=\(sparsity)},sparsify{prefer=bytes}'"
  }

  /// The pipeline without what is advised anew at its end.
  private var stem: String {
    let text = pipeline.hasSuffix("sparsify") ? String(pipeline.dropLast(8)) : pipeline + ","
    return text == "," ? "" : text
  }

  /// Bytes of all flash when a part of the weights is zero: rows of indices of one or two bytes, or
  /// bitmaps, and kernels that read them.
  private func bytes(at percent: Int) -> Int {
    let packed = weights.reduce(0) { sum, weight in
      let nonzeros = weight.elements - weight.elements * percent / 100
      let rows = nonzeros * (weight.bytes + (weight.elements > 4096 ? 2 : 1)) + weight.elements / 64
      let bitmap = nonzeros * weight.bytes + weight.elements / 8
      return sum + min(rows, bitmap, weight.elements * weight.bytes)
    }
    return others + packed + code + Self.sparseKernels
  }
}
