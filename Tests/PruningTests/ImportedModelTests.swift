import CoppiceIR
import CoppiceONNX
import CoppicePassManager
import CoppicePasses
import CoppiceRecords
import Foundation
import Testing

private let project = URL(filePath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

private let sharedModels = project.deletingLastPathComponent().appending(path: "shared/models")

private let hasSharedModels = FileManager.default.fileExists(atPath: sharedModels.path)

private struct FileTensors: NamedTensors {
  let file: SafetensorsFile
  var metadata: [String: String] { file.metadata }
  var names: [String] { file.entries.map(\.name) }
  func tensor(_ name: String) -> Constant? { file.entry(name).map { file.constant($0) } }
}

private let services = PassServices { (path) throws(DiagnosticMessage) in
  FileTensors(file: try SafetensorsFile(path: path))
}

/// Imports a model and runs a pipeline on it.
private func run(_ pipeline: String, on model: URL) throws -> (graph: Graph, context: PassContext) {
  var graph = try ONNXImporter.load(model.path).graph
  var context = PassContext(services: services)
  let pipeline = try PassRegistry.standard.resolve(pipeline)
  try PassManager(verifiesEach: false).run(pipeline, on: &graph, &context)
  return (graph, context)
}

/// The owner that the report names for each weight.
private func owners(_ context: PassContext) -> [String: String] {
  let weights = context.results(of: PrunedWeights.self).flatMap(\.weights)
  return Dictionary(
    weights.compactMap { weight in weight.source.map { (weight.name, $0) } },
    uniquingKeysWith: { first, _ in first })
}

@Suite struct OwnModelTests {
  static let folder = project.appending(path: "examples/digits")

  @Test(arguments: ["gradient", "midpoint"])
  func theDigitsModelIsPrunedFromItsRecord(_ form: String) throws {
    let record = Self.folder.appending(path: "digits.prunerec.safetensors").path
    let (after, context) = try run(
      "@default,prune-movement{record=\"\(record)\",sparsity=0.8,scope=global,form=\(form)}",
      on: Self.folder.appending(path: "digits.onnx"))
    let weights = context.results(of: PrunedWeights.self).flatMap(\.weights)
    let count = weights.reduce(0) { $0 + $1.type.count }
    let zeros = weights.reduce(0) { $0 + $1.zeros }
    let zeroed = weights.reduce(0) { $0 + $1.newlyZeroed }
    #expect(weights.count >= 3 && count > 5000)
    #expect(zeroed <= count * 4 / 5)
    #expect(zeros >= count * 4 / 5)
    #expect(owners(context).values.allSatisfy { $0.contains("weight") })
    let kept = after.constantValues.reduce(0) { $0 + (after.constant($1)?.nonzeroCount ?? 0) }
    #expect(kept >= count - zeros)
  }
}

/// Weights with normalisations folded in, against scores and masks that numpy computed.
@Suite struct FoldedNormalizationTests {
  private static let python = project.appending(path: ".venv/bin/python")

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: python.path)))
  func theScoresAreThoseOfTheFoldedWeights() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let script = project.appending(path: "Tests/PruningTests/folded_reference.py")
    let process = try Process.run(Self.python, arguments: [script.path, folder.path])
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    let expected = try JSONDecoder().decode(
      [String: [String: String]].self,
      from: Data(contentsOf: folder.appending(path: "expected.json")))
    #expect(expected.count == 4)
    let record = folder.appending(path: "run.safetensors").path
    for (name, masks) in expected {
      let words = name.split(separator: " ")
      let options = "record=\"\(record)\",sparsity=0.5,form=\(words[0]),scope=\(words[1])"
      let (graph, context) = try run(
        "@default,prune-movement{\(options)}", on: folder.appending(path: "model.onnx"))
      #expect(owners(context).values.allSatisfy { $0.contains("scaled") })
      #expect(flags(graph) == masks, "\(name)")
    }
  }

  /// 1 for each weight that is left, by the shape of its tensor.
  private func flags(_ graph: Graph) -> [String: String] {
    let weights = graph.constantValues.compactMap { graph.constant($0) }
      .filter { $0.type.rank >= 2 && $0.type.element == .float32 }
    return Dictionary(
      weights.map { constant in
        let shape = constant.type.shape.map(String.init).joined(separator: "x")
        return (shape, constant.numbers.map { $0 == 0 ? "0" : "1" }.joined())
      }, uniquingKeysWith: { first, _ in first })
  }
}

/// Weights that the model holds rounded to 16 bits, against a record of 32.
@Suite struct RoundedWeightTests {
  private static let python = project.appending(path: ".venv/bin/python")

  @Test(
    .enabled(if: FileManager.default.isExecutableFile(atPath: python.path)),
    arguments: ["float16", "bfloat16"])
  func areFoundInTheRecordAndPruned(_ element: String) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let script = project.appending(path: "Tests/PruningTests/half_reference.py")
    let process = try Process.run(Self.python, arguments: [script.path, folder.path])
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    let record = folder.appending(path: "run.safetensors").path
    let model = folder.appending(path: "\(element).onnx")
    let movement = "prune-movement{record=\"\(record)\",sparsity=0.5}"
    let results = try [movement, "@default,\(movement)", "\(movement),@default"].map { pipeline in
      let (graph, context) = try run(pipeline, on: model)
      #expect(Array(owners(context).values) == ["fc.weight, transposed"])
      #expect(context.total("weights-zeroed", of: "prune-movement") == 24)
      return try FilterHarness.run(graph, seed: 1)[0]
    }
    #expect(results[0].allSatisfy { $0 != 0 })
    #expect(results.allSatisfy { $0 == results[0] })
  }
}

@Suite(.enabled(if: hasSharedModels, "SKIPPED: ../shared/models is absent"))
struct SharedModelTests {
  private func record(_ kind: String) -> String {
    sharedModels.appending(path: "records/\(kind).prunerec.safetensors").path
  }

  @Test(arguments: ["", "@default,"])
  func everyWeightOfTheDynamoExporterHasItsOwner(_ preset: String) throws {
    let expected = [
      "cnn": [
        "conv1.weight": "conv1.weight, scaled", "dw.weight": "dw.weight, scaled",
        "fc.weight": "fc.weight", "val_27": "head3.weight, transposed",
      ],
      "rnn": [
        "val_41": "lstm.weight_ih_l0, gates [0, 3, 1, 2]",
        "val_42": "lstm.weight_hh_l0, gates [0, 3, 1, 2]",
        "val_103": "gru.weight_ih_l0, gates [1, 0, 2]",
        "val_104": "gru.weight_hh_l0, gates [1, 0, 2]", "val_133": "out.weight, transposed",
      ],
    ]
    for (kind, wanted) in expected {
      let (_, context) = try run(
        "\(preset)prune-movement{record=\"\(record(kind))\",sparsity=0.5}",
        on: sharedModels.appending(path: "records/\(kind)_dynamo.onnx"))
      #expect(owners(context) == wanted)
    }
  }

  /// The TorchScript exporter's files come from another training run than the records.
  @Test(arguments: ["cnn", "rnn"])
  func aRecordOfAnotherRunIsRefused(_ kind: String) throws {
    let error = #expect(throws: Diagnostics.self) {
      try run(
        "prune-movement{record=\"\(record(kind))\",sparsity=0.5}",
        on: sharedModels.appending(path: "records/\(kind)_torchscript.onnx"))
    }
    #expect(error?.all.map(\.message.id) == ["record-match"])
  }

  @Test func globalMagnitudeEmptiesTheFirstLayerOfFourOfFiveModels() throws {
    var emptied: [String] = []
    for name in ["ad01", "kws", "resnet8", "sww", "vww"] {
      let (_, context) = try run(
        "@default,prune-magnitude{sparsity=0.8,scope=global}",
        on: sharedModels.appending(path: "mlperf-tiny/\(name)_f32.onnx"))
      let first = context.results(of: PrunedWeights.self).first?.weights.first
      if let first, first.type.count == first.zeros { emptied.append(name) }
      let isWarned = context.diagnostics.contains { $0.message.id == "prune-disconnected" }
      #expect(isWarned == emptied.contains(name))
    }
    #expect(emptied.count == 4)
  }
}
