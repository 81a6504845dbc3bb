import Coppice
import CoppiceIR
import CoppicePassManager
import CoppicePasses
import CoppiceRecords
import CoppiceTestSupport
import Foundation
import Testing

/// Masks have the names, the layout and the shapes that users have.
@Suite struct MaskTests {
  struct Mask: Equatable {
    var shape: [Int]
    var flags: [Int]

    init(_ shape: [Int], _ flags: [Int]) { (self.shape, self.flags) = (shape, flags) }
  }

  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func prune(
    _ model: String, _ passes: String
  ) throws -> (masks: [String: Mask], model: OptimizedModel) {
    var options = CompileOptions()
    options.passes = passes
    let path = folder.path + "/masks.safetensors"
    let pruned = try Compiler(options).prune(model, to: folder.path + "/out.onnx", masks: path)
    let file = try SafetensorsFile(path: path)
    let masks = file.entries.map { entry in
      (entry.name, Mask(entry.shape, file.constant(entry).numbers.map { Int($0) }))
    }
    return (Dictionary(uniqueKeysWithValues: masks), pruned)
  }

  private func record(_ parameters: [(name: String, shape: [Int], values: [Float])]) throws
    -> String
  {
    let names = parameters.map { "\"\($0.name)\":{}" }.joined(separator: ",")
    var writer = SafetensorsWriter(
      metadata: ["format": "prunerec/1", "params": "{\(names)}", "masks_active": "false"])
    for parameter in parameters {
      try writer.add("\(parameter.name)/final", shape: parameter.shape, parameter.values)
      try writer.add("\(parameter.name)/mv", shape: parameter.shape, parameter.values)
    }
    let path = folder.path + "/run.safetensors"
    try writer.write(to: path)
    return path
  }

  /// `y = x m1 m2`, both weights transposed by the exporter, which calls the second as the first was.
  private func twoProducts() throws -> (model: String, record: String) {
    let first: [Float] = [1, -2, 3, -4, 5, 6]
    let second: [Float] = [-7, 8, 9, 10, -11, 12]
    let model = Onnx.model(
      Onnx.graph(
        [
          Onnx.node("MatMul", ["x", "onnx::MatMul_3"], ["h"], name: "m1"),
          Onnx.node("MatMul", ["h", "fc1.weight"], ["y"], name: "m2"),
        ], inputs: [Onnx.value("x", 1, [1, 3])], outputs: [Onnx.value("y", 1, [1, 3])],
        initializers: [
          Onnx.tensor("onnx::MatMul_3", 1, [3, 2], raw: floats([1, -4, -2, 5, 3, 6])),
          Onnx.tensor("fc1.weight", 1, [2, 3], raw: floats([-7, 9, -11, 8, 10, 12])),
        ]))
    let record = try record([("fc1.weight", [2, 3], first), ("fc2.weight", [3, 2], second)])
    return (try folder.write(model), record)
  }

  @Test func transposedWeightsHaveTheRecordsNamesAndLayout() throws {
    let (model, record) = try twoProducts()
    let (masks, pruned) = try prune(model, "prune-movement{record=\"\(record)\",threshold=0}")
    #expect(
      masks == [
        "fc1.weight": Mask([2, 3], [1, 0, 1, 0, 1, 1]),
        "fc2.weight": Mask([3, 2], [0, 1, 1, 1, 0, 1]),
      ])
    #expect(!pruned.diagnostics.contains { $0.message.id == "masks-unnamed" })
  }

  @Test func weightsWithoutAParameterAreListed() throws {
    let (model, record) = try twoProducts()
    let (masks, pruned) = try prune(
      model, "only{name=\"m1\"}(prune-movement{record=\"\(record)\",threshold=0})")
    #expect(
      masks == [
        "fc1.weight": Mask([2, 3], [1, 0, 1, 0, 1, 1]),
        "fc1.weight.onnx": Mask([2, 3], [1, 1, 1, 1, 1, 1]),
      ])
    let note = pruned.diagnostics.first { $0.message.id == "masks-unnamed" }
    #expect(note?.message.notes.first == "'fc1.weight.onnx'" && note?.message.notes.count == 2)
  }

  private static let wide: [Float] = [9, 8, 1, 2, 2, 1, 7, 9]
  private static let narrow: [Float] = [1, 2, 3, 4, 5, 6, 7, 8, -9, 10, 11, 12]

  /// Four filters of two channels, the middle two small, and three of four.
  private func convolutions() throws -> String {
    try folder.write(
      Onnx.model(
        Onnx.graph(
          [
            Onnx.node("Conv", ["x", "onnx::Conv_7"], ["a"]), Onnx.node("Relu", ["a"], ["b"]),
            Onnx.node("Conv", ["b", "v"], ["y"]),
          ], inputs: [Onnx.value("x", 1, [1, 2, 2, 2])],
          outputs: [Onnx.value("y", 1, [1, 3, 2, 2])],
          initializers: [
            Onnx.tensor("onnx::Conv_7", 1, [4, 2, 1, 1], raw: floats(Self.wide)),
            Onnx.tensor("v", 1, [3, 4, 1, 1], raw: floats(Self.narrow)),
          ])))
  }

  @Test(arguments: [
    "prune-filters{sparsity=0.5}", "prune-filters{sparsity=0.25},prune-filters{sparsity=0.34}",
  ])
  func masksOfRemovedFiltersHaveTheOriginalShapes(_ passes: String) throws {
    #expect(
      try prune(convolutions(), passes).masks == [
        "onnx::Conv_7": Mask([4, 2, 1, 1], [1, 1, 0, 0, 0, 0, 1, 1]),
        "v": Mask([3, 4, 1, 1], [1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1]),
      ])
  }

  @Test(arguments: [
    "prune-magnitude{threshold=8.5},prune-filters{sparsity=0.5}",
    "prune-filters{sparsity=0.5},prune-magnitude{threshold=8.5}",
  ])
  func elementsAndFiltersArePrunedTogether(_ passes: String) throws {
    let masks = try prune(convolutions(), passes).masks
    #expect(masks["onnx::Conv_7"]?.shape == [4, 2, 1, 1] && masks["v"]?.shape == [3, 4, 1, 1])
    #expect(masks["v"]?.flags == [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1])
    #expect(masks["onnx::Conv_7"]?.flags == [1, 0, 0, 0, 0, 0, 0, 1])
  }

  @Test func aRecordNamesWhatLosesFiltersLater() throws {
    let record = try record([
      ("conv1.weight", [4, 2, 1, 1], Self.wide), ("conv2.weight", [3, 4, 1, 1], Self.narrow),
    ])
    let passes = "prune-movement{record=\"\(record)\",threshold=0},prune-filters{sparsity=0.5}"
    #expect(
      try prune(convolutions(), passes).masks == [
        "conv1.weight": Mask([4, 2, 1, 1], [1, 1, 0, 0, 0, 0, 1, 1]),
        "conv2.weight": Mask([3, 4, 1, 1], [1, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0, 1]),
      ])
  }

  /// Each reader's copy of a constant is cut in its own way.
  @Test func aWeightOfTwoLayersKeepsWhatEitherKeeps() throws {
    let shared = (0..<16).map { Float(($0 * 7) % 16 + 1) }
    let model = Onnx.model(
      Onnx.graph(
        [
          Onnx.node("Conv", ["x", "u"], ["a"], name: "A"),
          Onnx.node("Conv", ["a", "w"], ["b"], name: "B"),
          Onnx.node("Conv", ["b", "w"], ["c"], name: "C"),
          Onnx.node("Conv", ["c", "v"], ["y"], name: "D"),
        ], inputs: [Onnx.value("x", 1, [1, 2, 2, 2])],
        outputs: [Onnx.value("y", 1, [1, 3, 2, 2])],
        initializers: [
          Onnx.tensor("u", 1, [4, 2, 1, 1], raw: floats(Self.wide)),
          Onnx.tensor("w", 1, [4, 4, 1, 1], raw: floats(shared)),
          Onnx.tensor("v", 1, [3, 4, 1, 1], raw: floats(Self.narrow)),
        ]))
    let (masks, pruned) = try prune(folder.write(model), "prune-filters{sparsity=0.25}")
    let layers = pruned.context.results(of: PrunedFilters.self).flatMap(\.layers)
    let removed = Dictionary(uniqueKeysWithValues: layers.map { ($0.node, Set($0.removed)) })
    func keeps(_ rows: String, _ columns: String, _ index: Int) -> Bool {
      removed[rows]?.contains(index / 4) == false && removed[columns]?.contains(index % 4) == false
    }
    #expect(removed["A"]?.count == 1 && masks.count == 3)
    #expect(masks["w"]?.shape == [4, 4, 1, 1])
    #expect(
      masks["w"]?.flags == (0..<16).map { keeps("B", "A", $0) || keeps("C", "B", $0) ? 1 : 0 })
  }

  /// The second and the third of four columns are small; folding makes another constant of the weight.
  @Test func weightsThatMoveAfterTheRemovalAreListed() throws {
    let columns: [Int8] = [9, 1, 2, 9, 8, -2, 1, -7, 7, 1, 2, 9, 9, 2, -1, 8, -9, 1, 1, 7]
    let model = Onnx.model(
      Onnx.graph(
        [
          Onnx.node("DequantizeLinear", ["w", "s"], ["t"]), Onnx.node("MatMul", ["x", "t"], ["a"]),
          Onnx.node("Relu", ["a"], ["b"]), Onnx.node("MatMul", ["b", "v"], ["y"]),
        ], inputs: [Onnx.value("x", 1, [1, 5])], outputs: [Onnx.value("y", 1, [1, 3])],
        initializers: [
          Onnx.tensor("w", 3, [5, 4], raw: columns.map { UInt8(bitPattern: $0) }),
          Onnx.tensor("s", 1, [], raw: floats([0.5])),
          Onnx.tensor("v", 1, [4, 3], raw: floats(Self.narrow)),
        ]))
    let (masks, pruned) = try prune(
      folder.write(model), "prune-filters{sparsity=0.5},fold-constants,remove-dead")
    let kept = (0..<20).map { $0 % 4 == 1 || $0 % 4 == 2 ? 0 : 1 }
    #expect(masks["w"] == Mask([5, 4], kept))
    #expect(masks["v"] == Mask([4, 3], [1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1]))
    let note = pruned.diagnostics.first { $0.message.id == "masks-moved" }
    #expect(note?.message.notes.first == "'w'")
  }

  /// BatchNorm, depthwise, LSTM and tied weights, of which the exporter kept no name but one.
  private static let six = Program.root + "/Tests/DriverTests/Fixtures/masks"
  private static let parameters = [
    "conv.weight": [6, 2, 3, 3], "dw.weight": [6, 1, 3, 3], "lstm.weight_ih_l0": [20, 6],
    "lstm.weight_hh_l0": [20, 5], "proj.weight": [4, 5], "emb.weight": [7, 4],
  ]

  @Test(arguments: [
    "prune-movement{record=\"\(six).prunerec.safetensors\",sparsity=0.5}",
    "@default,prune-movement{record=\"\(six).prunerec.safetensors\",keep=0.5,form=midpoint}",
    "name-weights{record=\"\(six).prunerec.safetensors\"},prune-magnitude{sparsity=0.5}",
    "@cleanup,name-weights{record=\"\(six).safetensors\"},prune-magnitude{sparsity=0.5}",
  ])
  func sixOfSixMasksFitTheTraining(_ passes: String) throws {
    let (masks, pruned) = try prune(Self.six + ".onnx", passes)
    #expect(masks.mapValues(\.shape) == Self.parameters)
    #expect(masks.values.allSatisfy { $0.flags.reduce(0, +) == $0.flags.count / 2 })
    #expect(!pruned.diagnostics.contains { $0.message.id.hasPrefix("masks-") })
    guard passes.contains("magnitude") else { return }
    let file = try SafetensorsFile(path: Self.six + ".safetensors")
    for name in ["lstm.weight_ih_l0", "lstm.weight_hh_l0", "proj.weight", "emb.weight"] {
      let weights = file.constant(try #require(file.entry(name))).numbers.map(\.magnitude)
      let flags = try #require(masks[name]).flags
      let gone = zip(weights, flags).filter { $0.1 == 0 }.map(\.0).max() ?? .infinity
      #expect(gone <= zip(weights, flags).filter { $0.1 == 1 }.map(\.0).min() ?? 0)
    }
  }

  private static let torch = "/usr/lib/python3/dist-packages/torch"

  /// Pruned, masked by name, trained on and exported again, the model has the same zeros.
  @Test(
    .enabled(
      if: FileManager.default.fileExists(atPath: torch), "SKIPPED: Debian's python3-torch is absent"
    ),
    arguments: [
      "prune-movement{record=\"\(six).prunerec.safetensors\",sparsity=0.5}",
      "@default,name-weights{record=\"\(six).safetensors\"},prune-magnitude{sparsity=0.7}",
    ])
  func zerosComeBackFromTheTraining(_ passes: String) throws {
    let fixtures = Program.root + "/Tests/DriverTests/Fixtures"
    let given = try prune(Self.six + ".onnx", passes).masks
    let again = folder.path + "/again"
    let outcome = try Program.run([
      "/usr/bin/python3", fixtures + "/make_masks.py", "check", fixtures,
      folder.path + "/masks.safetensors", again,
    ])
    #expect(outcome.status == 0 && outcome.text.hasPrefix("6 masks"), "\(outcome.errors)")
    let names = "name-weights{record=\"\(again).safetensors\"}"
    let kept = try prune(
      again + ".onnx", "\(names),prune-magnitude{sparsity=0.5,keep-zeros=true}"
    ).masks
    #expect(kept == given)
  }

  @Test func modulesInTheNamesOfOperatorsNameMasks() throws {
    let (masks, pruned) = try prune(Self.six + ".onnx", "prune-magnitude{sparsity=0.5}")
    let (named, _) = try prune(
      Self.six + ".onnx",
      "name-weights{record=\"\(Self.six).safetensors\"},prune-magnitude{sparsity=0.5}")
    for name in ["conv.weight", "dw.weight", "proj.weight"] { #expect(masks[name] == named[name]) }
    #expect(masks["out.weight"] == named["emb.weight"])
    #expect(masks["onnx::LSTM_156"] != nil && masks["onnx::LSTM_157"] != nil && masks.count == 6)
    let notes = Dictionary(grouping: pruned.diagnostics, by: \.message.id)
    #expect(notes["masks-by-module"]?.first?.message.notes.count == 5)
    #expect(notes["masks-unnamed"]?.first?.message.notes.count == 3)
  }

  /// Two products of one module, and one in the place of a name that the model has.
  @Test func modulesThatAreNotUniqueNameNothing() throws {
    let model = Onnx.model(
      Onnx.graph(
        [
          Onnx.node("MatMul", ["x", "onnx::MatMul_1"], ["a"], name: "/attn/MatMul"),
          Onnx.node("MatMul", ["a", "onnx::MatMul_2"], ["b"], name: "/attn/MatMul_1"),
          Onnx.node("MatMul", ["b", "fc.weight"], ["c"], name: "/other/MatMul"),
          Onnx.node("MatMul", ["c", "onnx::MatMul_3"], ["y"], name: "/fc/MatMul"),
        ], inputs: [Onnx.value("x", 1, [1, 2])], outputs: [Onnx.value("y", 1, [1, 2])],
        initializers: ["onnx::MatMul_1", "onnx::MatMul_2", "fc.weight", "onnx::MatMul_3"].map {
          Onnx.tensor($0, 1, [2, 2], raw: floats([1, 2, 3, 4]))
        }))
    let masks = try prune(folder.write(model), "prune-magnitude{sparsity=0.5}").masks
    #expect(
      masks.keys.sorted() == ["fc.weight", "onnx::MatMul_1", "onnx::MatMul_2", "onnx::MatMul_3"])
  }

  private static let exports =
    URL(filePath: Program.root).deletingLastPathComponent().path
    + "/shared/models/records-torchscript"

  /// With one ranking for all weights, no pruned element's score is above that of one that is left.
  @Test(
    .enabled(
      if: FileManager.default.fileExists(atPath: exports), "SKIPPED: ../shared/models is absent"),
    arguments: ["mlp", "cnn", "rnn", "shared"])
  func masksOfExportedModelsAreTheParameters(_ name: String) throws {
    let path = "\(Self.exports)/\(name).prunerec.safetensors"
    let (masks, pruned) = try prune(
      "\(Self.exports)/\(name)_torchscript.onnx",
      "prune-movement{record=\"\(path)\",sparsity=0.5,scope=global,form=gradient}")
    let weights = pruned.context.results(of: PrunedWeights.self).flatMap(\.weights)
    #expect(Set(masks.keys) == Set(weights.flatMap(\.owners).map(\.name)))
    let file = try SafetensorsFile(path: path)
    var (pruned0, kept0) = (-Double.infinity, Double.infinity)
    for (name, mask) in masks {
      let entry = try #require(file.entry("\(name)/mv"))
      #expect(entry.shape == mask.shape)
      for (flag, score) in zip(mask.flags, file.constant(entry).numbers) {
        if flag == 0 { pruned0 = max(pruned0, score) } else { kept0 = min(kept0, score) }
      }
    }
    #expect(pruned0 <= kept0 && kept0 < .infinity)
  }
}
