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
  public internal(set) var diagnostics: [Diagnostic]
  let sparsifies: Bool
  /// The model's own files.
  package var modelFiles: [String] = []
  /// Other files that were read: plugins and records.
  package var otherFiles: [String] = []
  /// The file that takes an account of each unit that pruning judged; `nil` if nobody asked.
  package var auditPath: String?
  /// Whether some pass may change what the model computes.
  var isApproximate = true

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
      rows[value]?.mayJoinWeights = startsSums(value)
    }
    return rows
  }

  /// Whether sums of some layer start from a constant.
  private func startsSums(_ value: ValueID) -> Bool {
    graph.uses(of: value).contains { use in
      guard case .operand(let node, let index) = use else { return false }
      return graph.linearReadings(node).contains { $0.start == index }
    }
  }

  /// Why each constant is stored as it is, as the last `sparsify` says.
  private var storageReasons: [ValueID: String] {
    let choices = context.results(of: ChosenStorages.self).flatMap(\.choices)
    return Dictionary(choices.map { ($0.value, $0.reason) }) { $1 }
  }

  /// Sparsity of the weights, by name, in the order of their first readers.
  public var weights: [(name: String, type: TensorType, nonzeros: Int, storage: String)] {
    rows(graph.weights())
  }

  private func rows(
    _ weights: [Weight]
  ) -> [(name: String, type: TensorType, nonzeros: Int, storage: String)] {
    weights.map { weight in
      let value = graph[weight.value]
      let storage = graph.constant(weight.value)?.storageName ?? ""
      return (value.name, value.type, graph.nonzeroCount(weight), storage)
    }
  }

  /// A warning when many zeros are stored dense because nobody chose storages.
  var denseZeros: Diagnostic? {
    if sparsifies { return nil }
    let prunable = graph.weights().filter { $0.refusal == nil }
    let dense = rows(prunable).filter { $0.storage == "dense" }
    let elements = dense.reduce(0) { $0 + $1.type.count }
    let zeros = dense.reduce(0) { $0 + $1.type.count - $1.nonzeros }
    guard elements > 0, zeros * 10 >= elements * 4 else { return nil }
    let message = DiagnosticMessage(
      "dense-zeros",
      "\(zeros * 100 / elements) % zeros stored dense: add sparsify to the end of the pipeline")
    return Diagnostic(.warning, message)
  }
}
