import CoppiceFiles
import CoppiceIR
import CoppiceONNX
import CoppicePassManager
import CoppicePasses
import CoppiceRecords

/// The readers of text and data, by the first byte of an input.
private enum Reader: UInt8, CaseIterable {
  case pipeline, graph, tensors, record, array, archive, tensor

  init(_ byte: UInt8) {
    self = Self.allCases[Int(byte) % Self.allCases.count]
  }
}

func readText(_ bytes: UnsafeRawBufferPointer) {
  guard let first = bytes.first else { return }
  let rest = UnsafeRawBufferPointer(rebasing: bytes[1...])
  let file = FileBytes(copying: Array(rest), name: "input")
  switch Reader(first) {
  case .pipeline: readPipeline(String(decoding: rest, as: UTF8.self))
  case .graph: readGraph(String(decoding: rest, as: UTF8.self))
  case .tensors: readTensors(file)
  case .record: readRecord(file)
  case .array: _ = try? NumpyArray(npy: rest, name: "input")
  case .archive: _ = try? NumpyArchive(file)
  case .tensor: _ = try? TensorFile.read(InputFile(copying: rest, name: "/nowhere/input_0.pb"))
  }
}

/// What is accepted prints as text that is accepted, and prints alike.
private func readPipeline(_ text: String) {
  guard let pipeline = try? PassRegistry.standard.resolve(text) else { return }
  guard let again = try? PassRegistry.standard.resolve(pipeline.text) else {
    fatalError("'\(pipeline.text)' was printed and is refused")
  }
  precondition(again.text == pipeline.text, "'\(pipeline.text)' prints as '\(again.text)'")
}

private func readGraph(_ text: String) {
  guard let graph = try? Graph(parsing: text), Verifier.check(graph).isEmpty else { return }
  let exact = graph.text(.exact)
  guard let again = try? Graph(parsing: exact) else {
    fatalError("a graph was printed and is refused:\n\(exact)")
  }
  precondition(again.text(.exact) == exact, "a graph prints another way the second time")
}

private func readTensors(_ file: FileBytes) {
  guard let tensors = try? SafetensorsFile(file) else { return }
  for entry in tensors.entries { _ = tensors.constant(entry).nonzeroCount }
}

/// Every recorded parameter looks for itself.
private func readRecord(_ file: FileBytes) {
  guard let tensors = try? SafetensorsFile(file), let record = try? TrainingRecord(tensors) else {
    return
  }
  let targets = record.parameters.compactMap { parameter in
    record.values(parameter, .final).map {
      MatchTarget(name: parameter.name, shape: parameter.shape, values: $0)
    }
  }
  guard let matches = try? RecordMatcher(record).match(targets) else { return }
  for form in MovementForm.allCases {
    let scores = MovementScores(record, form: form)
    for (match, target) in zip(matches, targets) {
      _ = try? scores.scores(of: match, count: target.values.count)
    }
  }
}
