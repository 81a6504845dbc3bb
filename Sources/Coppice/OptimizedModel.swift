import CoppiceC
public import CoppiceIR
public import CoppicePassManager
import CoppicePasses

/// A graph after the pipeline, with what the passes say.
public struct OptimizedModel: Sendable {
  /// The graph.
  public let graph: Graph
  /// The pipeline as it was understood.
  public let pipeline: String
  /// Statistics, reports and tensors that passes left.
  public let context: PassContext
  /// The time of each pass.
  public let timings: [PassTimer.Row]
  /// Notes and warnings of the importer and the passes.
  public let diagnostics: [Diagnostic]
  let sparsifies: Bool

  /// One row for each constant.
  var tensorReports: [ValueID: TensorReport] {
    let reasons = storageReasons
    var rows: [ValueID: TensorReport] = [:]
    for value in graph.constantValues {
      guard let constant = graph.constant(value) else { continue }
      let name = graph[value].name
      rows[value] = TensorReport(
        name: name, shape: constant.type.shape, nonzeros: constant.nonzeroCount,
        storage: constant.storageName, denseBytes: constant.type.byteCount,
        reason: reasons[value] ?? "")
    }
    return rows
  }

  /// Why each constant is stored as it is, as the last `sparsify` says.
  private var storageReasons: [ValueID: String] {
    let choices = context.results(of: ChosenStorages.self).flatMap(\.choices)
    return Dictionary(choices.map { ($0.value, $0.reason) }) { $1 }
  }

  /// Sparsity of the constants that are read as weights, by name.
  public var weights: [(name: String, type: TensorType, nonzeros: Int, storage: String)] {
    let uses = graph.uses()
    return graph.constantValues.compactMap { value in
      guard let constant = graph.constant(value) else { return nil }
      let isWeight = uses[value].contains { use in
        guard case .operand(let node, let index) = use else { return false }
        return graph[node].op.weightOperands.contains(index)
      }
      guard isWeight else { return nil }
      return (graph[value].name, constant.type, constant.nonzeroCount, constant.storageName)
    }
  }

  /// A warning when many zeros are stored dense because nobody chose storages.
  var denseZeros: Diagnostic? {
    if sparsifies { return nil }
    let dense = weights.filter { $0.storage == "dense" && $0.type.rank >= 2 }
    let elements = dense.reduce(0) { $0 + $1.type.count }
    let zeros = dense.reduce(0) { $0 + $1.type.count - $1.nonzeros }
    guard elements > 0, zeros * 10 >= elements * 4 else { return nil }
    let message = DiagnosticMessage(
      "dense-zeros",
      "\(zeros * 100 / elements) % zeros stored dense: add sparsify to the end of the pipeline")
    return Diagnostic(.warning, message)
  }
}
