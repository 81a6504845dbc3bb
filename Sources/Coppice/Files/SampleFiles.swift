import CoppiceIR
import CoppicePassManager
import Glibc

/// Reads the samples of a folder: `test_data_set_K` folders with `input_K`, or one `input_K` with a
/// leading sample axis for each input; beside them labels in `label_0`.
///
/// Labels of whole numbers are classes, one for each position of output 0; floats are its elements.
@Sendable func readSamples(_ folder: String, _ graph: Graph) throws(Diagnostics) -> ModelSamples {
  let inputs = graph.inputs.map { (name: graph[$0].name, type: graph[$0].type) }
  guard let output = graph.outputs.first else {
    throw refused("samples", "the model has no outputs", folder)
  }
  let reader = SampleReader(folder: folder, inputs: inputs, output: graph[output].type)
  let names = (try? listing(folder)) ?? []
  let sets = names.filter { $0.hasPrefix("test_data_set") }
  if sets.isEmpty { return try reader.stacked() }
  return try reader.sets(try vectorFolders(folder))
}

private func refused(_ id: String, _ text: String, _ path: String) -> Diagnostics {
  Diagnostics([Diagnostic(.error, DiagnosticMessage(id, text), at: .file(path))])
}

/// Reads samples for one model.
private struct SampleReader {
  let folder: String
  let inputs: [(name: String, type: TensorType)]
  let output: TensorType

  /// A folder for each sample.
  func sets(_ folders: [String]) throws(Diagnostics) -> ModelSamples {
    var samples: [[Bytes]] = []
    var labels: [Constant] = []
    for folder in folders {
      samples.append(try readTensors(folder, "input", inputs))
      if hasLabel(folder) { labels.append(try readTensor("\(folder)/label_0", prefer: .pb)) }
      guard labels.isEmpty || labels.count == samples.count else {
        throw refused(
          "sample-labels", "some folders have a label_0 and others have none; label all or none",
          folder)
      }
    }
    guard !labels.isEmpty else { return ModelSamples(inputs: samples) }
    var targets: [ModelSamples.Targets] = []
    for (folder, label) in zip(folders, labels) {
      targets.append(try self.targets(label, 1, "\(folder)/label_0"))
    }
    return ModelSamples(inputs: samples, targets: try joined(targets))
  }

  /// All samples of an input in one file.
  func stacked() throws(Diagnostics) -> ModelSamples {
    var columns: [[Bytes]] = []
    for (index, input) in inputs.enumerated() {
      let path = "\(folder)/input_\(index)"
      let file = try readTensor(path, prefer: .npy)
      guard file.type.element == input.type.element, let count = file.type.shape.first, count > 0,
        count == columns.first?.count ?? count,
        same(Array(file.type.shape.dropFirst()), input.type.shape),
        file.dense.count == count * input.type.byteCount
      else {
        let already = columns.first.map { " of \($0.count) samples" } ?? ""
        throw refused(
          "samples",
          "input \(index) ('\(input.name)') is \(input.type) in the model, so that its file needs a "
            + "leading axis\(already) before that, but it has \(file.type)", path)
      }
      columns.append(slices(file.dense, count, input.type.byteCount))
    }
    guard let count = columns.first?.count else {
      throw refused("samples", "the model has no inputs, so that no samples can differ", folder)
    }
    let samples = (0..<count).map { sample in columns.map { $0[sample] } }
    guard hasLabel(folder) else { return ModelSamples(inputs: samples) }
    let path = "\(folder)/label_0"
    let label = try readTensor(path, prefer: .npy)
    return ModelSamples(inputs: samples, targets: try targets(label, count, path))
  }

  private func hasLabel(_ folder: String) -> Bool {
    TensorFormat.allCases.contains { exists("\(folder)/label_0.\($0.rawValue)") }
  }

  private func same(_ file: [Int], _ model: [Int]) -> Bool {
    file.filter { $0 != 1 } == model.filter { $0 != 1 }
  }

  private func slices(_ bytes: Bytes, _ count: Int, _ size: Int) -> [Bytes] {
    (0..<count).map { bytes.slice(($0 * size)..<(($0 + 1) * size)) }
  }

  /// What labels of some samples say.
  private func targets(
    _ label: Constant, _ count: Int, _ path: String
  ) throws(Diagnostics) -> ModelSamples.Targets {
    if label.type.element.isInteger { return .classes(try classes(label, count, path)) }
    let elements = output.count * count
    guard label.type.element == output.element, label.type.count == elements else {
      throw refused(
        "sample-labels",
        "labels are \(label.type), but \(count) times whole numbers for classes or \(output) like the "
          + "output are needed", path)
    }
    let bytes = label.dense
    if let index = (0..<elements).first(where: { !bytes.number(at: $0, output.element).isFinite }) {
      throw refused("sample-labels", "label \(index) is a NaN or infinity", path)
    }
    return .values(slices(bytes, count, output.byteCount).map { [$0] })
  }

  private func classes(
    _ label: Constant, _ count: Int, _ path: String
  ) throws(Diagnostics) -> [[Int]] {
    let classes = output.rank == 0 ? 1 : output.shape[min(1, output.rank - 1)]
    let positions = classes == 0 ? 0 : output.count / classes
    guard label.type.count == positions * count, let numbers = label.integers else {
      throw refused(
        "sample-labels",
        "labels are \(label.type), but \(count) samples of \(output) need \(positions * count) classes",
        path)
    }
    if let index = numbers.firstIndex(where: { $0 < 0 || $0 >= classes }) {
      throw refused(
        "sample-labels", "label \(index) is class \(numbers[index]), but there are \(classes)", path
      )
    }
    return (0..<count).map { Array(numbers[($0 * positions)..<(($0 + 1) * positions)]) }
  }

  /// Labels of single samples as those of all.
  private func joined(_ targets: [ModelSamples.Targets]) throws(Diagnostics) -> ModelSamples.Targets
  {
    var classes: [[Int]] = []
    var values: [[Bytes]] = []
    for target in targets {
      switch target {
      case .none: continue
      case .classes(let own): classes += own
      case .values(let own): values += own
      }
    }
    if classes.isEmpty { return .values(values) }
    guard values.isEmpty else {
      throw refused(
        "sample-labels", "some labels are whole numbers and others are not; give one kind", folder)
    }
    return .classes(classes)
  }
}
