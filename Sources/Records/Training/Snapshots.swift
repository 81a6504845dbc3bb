import CoppiceIR

/// The weights of one parameter between the start and the end of a training.
struct Snapshots: Sendable {
  private(set) var steps: [Int] = []
  private(set) var tensors: [Constant] = []

  /// The tensors `<parameter>/snap.<step>` of each parameter, in the order of the steps.
  static func names(
    in file: any RecordTensors
  ) throws(DiagnosticMessage) -> [String: [(step: Int, name: String)]] {
    var found: [String: [(step: Int, name: String)]] = [:]
    for name in file.names {
      guard let slash = name.lastIndex(of: "/"), name[slash...].hasPrefix(mark) else { continue }
      let text = name[slash...].dropFirst(mark.count)
      guard let step = Int(text), step >= 0, String(step) == text else {
        throw .record(
          file, "'\(name)' does not end in the number of a step",
          note: "weights at step 100 are called <parameter>/snap.100")
      }
      found[String(name[..<slash]), default: []].append((step, name))
    }
    return found.mapValues { $0.sorted { $0.step < $1.step } }
  }

  private static let mark = "/snap."

  mutating func append(_ step: Int, _ tensor: Constant) {
    steps.append(step)
    tensors.append(tensor)
  }

  /// Takes the first, where nothing else says how the training began.
  mutating func takeFirst() -> Constant? {
    guard !tensors.isEmpty else { return nil }
    firstStep = steps.removeFirst()
    return tensors.removeFirst()
  }

  /// The step of the snapshot that was taken for the start.
  private(set) var firstStep: Int?
}

extension TrainingRecord {
  /// The weights of a parameter from the start of the training to its end, as far as they are known.
  func trajectory(_ parameter: Parameter) -> [FloatValues] {
    let between = snapshots[parameter.name]?.tensors.compactMap { FloatValues($0) } ?? []
    let ends = (values(parameter, .`init`), values(parameter, .final))
    return (ends.0.map { [$0] } ?? []) + between + (ends.1.map { [$0] } ?? [])
  }

  /// The most steps between weights that are known one after the other; nil for parameters whose
  /// changes were summed in every step.
  package func coarsestStep(_ indices: some Sequence<Int>) -> Int? {
    var coarsest: Int?
    for index in indices where !parameters[index].keys.contains(.dww) {
      guard let taken = snapshots[parameters[index].name], let last = taken.steps.last else {
        continue
      }
      let end = counts.steps.map { max(counts.start + $0, last) }
      let steps =
        [taken.firstStep ?? min(counts.start, taken.steps[0])] + taken.steps
        + (end.map { [$0] } ?? [])
      let gaps = zip(steps, steps.dropFirst()).map { $1 - $0 }
      coarsest = max(coarsest ?? 0, gaps.max() ?? 0)
    }
    return coarsest
  }
}
