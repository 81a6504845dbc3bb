import CoppiceC
import CoppiceIR
import CoppicePassManager

/// Which sparsity would make a model fit, by what storages take at least.
struct FlashAdvice {
  /// What kernels for sparse weights have usually had more than dense ones, in bytes.
  private static let sparseKernels = 3600
  /// The sparsities that are looked at, in percent.
  private static let steps = 5...95

  private let limit: Int
  private let code: Int
  /// The pipeline without what is advised anew at its end.
  private let stem: String
  /// The weights that element pruning can zero: elements, and bytes of one.
  private var weights: [(elements: Int, bytes: Int)] = []
  /// Bytes of the constants that pruning leaves as they are.
  private var others: Int

  init(_ model: CompiledModel, _ limit: Int) {
    let graph = model.optimized.graph
    self.limit = limit
    code = model.codeEstimate
    stem = Self.stem(of: model.optimized.pipeline)
    let emitted = Dictionary(model.generated.tensors.map { ($0.name, $0.bytes) }) { $0 + $1 }
    others = model.generated.weightsBytes
    for weight in graph.weights() where weight.refusal == nil {
      let value = graph[weight.value]
      guard let bytes = emitted[value.name], value.type.count > 0 else { continue }
      others -= bytes
      weights.append((value.type.count, value.type.byteCount / value.type.count))
    }
  }

  /// What to do: the least sparsity that would fit by the estimate, and where that can be tried, in
  /// fact.
  func text(trying trial: (String) -> Int?) -> String {
    let told = "of the constants, \(others) bytes are no weights that pruning can zero"
    guard !weights.isEmpty else { return told + "; prune-filters removes whole channels" }
    var needed = bytes(at: Self.steps.upperBound)
    // In steps that promise no more than the estimate holds.
    for percent in stride(from: Self.steps.lowerBound, through: Self.steps.upperBound, by: 5) {
      guard bytes(at: percent) <= limit else { continue }
      let passes = pipeline(at: percent)
      if let tried = trial(passes), tried > limit {
        needed = tried
        continue
      }
      return told + "; with about \(percent) % of the weights zero it would fit: --passes '"
        + "\(passes)'"
    }
    return told + "; with \(Self.steps.upperBound) % of the weights zero it still takes about "
      + "\(needed) bytes: remove channels (prune-filters) or allow more"
  }

  /// The steps before those that prune by magnitude alone and choose storages.
  private static func stem(of text: String) -> String {
    guard var pipeline = try? Pipeline(parsing: text) else { return text }
    while let last = pipeline.steps.last, isAdvised(last) { pipeline.steps.removeLast() }
    return pipeline.description
  }

  private static func isAdvised(_ step: PipelineStep) -> Bool {
    guard case .pass(let name, let options) = step.kind else { return false }
    return name == "sparsify"
      || name == "prune-magnitude" && options.allSatisfy { $0.key == "sparsity" }
  }

  private func pipeline(at percent: Int) -> String {
    let sparsity =
      percent % 10 == 0 ? "0.\(percent / 10)" : "0.\(percent < 10 ? "0" : "")\(percent)"
    let advised = "prune-magnitude{sparsity=\(sparsity)},sparsify{prefer=bytes}"
    return stem.isEmpty ? advised : stem + "," + advised
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
