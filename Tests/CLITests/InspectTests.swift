import CoppiceTestSupport
import Testing

/// `inspect` tells all that can be told, of models that are refused too.
@Suite struct InspectTests {
  @Test func aModelIsForecast() throws {
    let model = try Program.coppice(["inspect", Models.digitsModel, "--json"]).object
    #expect((model["operators"] as? [String: Int])?["Conv"] == 3)
    #expect(model["parameters"] as? Int == 12890)
    let weights = try #require(model["weights"] as? [[String: Any]])
    #expect(weights.map { $0["elements"] as? Int } == [144, 3456, 5184, 3840])
    #expect(weights.map { $0["nonzeros"] as? Int } == [144, 3423, 5146, 3818])
    let folder = try TemporaryFolder()
    let compiled = try Program.coppice(
      ["compile", Models.digitsModel, "-o", "out", "--json"], in: folder.path
    ).object
    for key in ["arena_bytes", "weights_bytes", "macs", "macs_nonzero"] {
      #expect(model[key] as? Int == compiled[key] as? Int)
    }
    let text = try Program.coppice(["inspect", Models.digitsModel]).text
    for word in ["RAM (arena)", "flash (constants)", "conv2.weight", "1.0 %", "MaxPool"] {
      #expect(text.contains(word))
    }
  }

  @Test func anUnsupportedModelIsDescribed() throws {
    let folder = try TemporaryFolder()
    try folder.write(Models.unsupported)
    let outcome = try Program.coppice(["inspect", "model.onnx", "--json"], in: folder.path)
    #expect(outcome.status == 2)
    let model = outcome.object
    #expect(model["operators"] as? [String: Int] == ["MatMul": 1, "Nada": 1, "Nope": 1])
    #expect(model["parameters"] as? Int == 8)
    let weight = (model["weights"] as? [[String: Any]])?.first
    #expect(weight?["nonzeros"] as? Int == 5 && weight?["shape"] as? [Int] == [4, 2])
    #expect((model["inputs"] as? [[String: Any]])?.first?["shape"] as? [Int] == [1, 4])
    #expect(model["arena_bytes"] == nil)
    for word in ["node 'first' (#1, Nope)", "node 'second' (#2, Nada)", "opset 17", "f32[1,2]"] {
      #expect(outcome.errors.contains(word), "\(outcome.errors)")
    }
  }

  @Test func budgetsAreToldAfterTheForecast() throws {
    let outcome = try Program.coppice([
      "inspect", Models.digitsModel, "--ram", "1K", "--flash", "1",
    ])
    #expect(outcome.status == 2 && outcome.text.contains("RAM (arena)"))
    #expect(outcome.errors.contains("error[ram-budget]"))
    #expect(outcome.errors.contains("error[flash-budget]"))
  }

  @Test func aWrongPipelineStillShowsTheModel() throws {
    let outcome = try Program.coppice(["inspect", Models.digitsModel, "--passes", "nope"])
    #expect(outcome.status == 2 && outcome.text.contains("conv2.weight"))
  }

  @Test func dynamicExtentsKeepTheirNames() throws {
    let folder = try TemporaryFolder()
    try folder.write(Models.dynamic("width"))
    let outcome = try Program.coppice(["inspect", "model.onnx"], in: folder.path)
    #expect(outcome.status == 2 && outcome.text.contains("f32[batch,width]"))
  }

  static let pruned = "@default,prune-filters{sparsity=0.25},prune-magnitude{sparsity=0.8},sparsify"

  @Test func weightsBeforeAndAfterThePipelineAreToldApart() throws {
    let words = ["inspect", Models.digitsModel, "--passes", Self.pruned]
    let model = try Program.coppice(words + ["--json"]).object
    let (before, after) = (
      try #require(model["weights"] as? [[String: Any]]),
      try #require(model["weights_after"] as? [[String: Any]])
    )
    #expect(before.map { $0["shape"] as? [Int] }[1] == [24, 16, 3, 3])
    #expect(after.map { $0["shape"] as? [Int] }[1] == [18, 12, 3, 3])
    #expect(after.allSatisfy { $0["storage"] as? String != "dense" })
    #expect(model["parameters"] as? Int == 12890)
    #expect(try #require(model["parameters_after"] as? Int) < 12890)
    let text = try Program.coppice(words).text
    let row = try #require(text.split(separator: "\n").first { $0.hasPrefix("conv2.weight") })
    #expect(row.contains("f32[24,16,3,3]") && row.contains("f32[18,12,3,3]"))
    #expect(row.contains("1.0 %") && row.contains("80.0 %"))
  }

  @Test(arguments: ["@default", pruned]) func layersAddUp(_ passes: String) throws {
    let words = ["inspect", Models.digitsModel, "--passes", passes, "--target", "cortex-m4"]
    let model = try Program.coppice(words + ["--json"]).object
    let layers = try #require(model["layers"] as? [[String: Any]])
    func sum(_ key: String) -> Int { layers.reduce(0) { $0 + ($1[key] as? Int ?? 0) } }
    #expect(sum("macs") == model["macs"] as? Int)
    #expect(sum("macs_nonzero") == model["macs_nonzero"] as? Int)
    #expect(sum("weight_bytes") == model["weights_bytes"] as? Int)
    let shares = layers.reduce(0.0) { $0 + ($1["share"] as? Double ?? 0) }
    #expect(abs(shares - 1) < 0.001)
    let gemm = try #require(layers.first { $0["operator"] as? String == "Gemm" })
    #expect(gemm["shape"] as? [Int] == [1, 10] && gemm["node"] as? String == "scores")
    let ram = ["arena_bytes", "io_bytes", "stack_bytes"].compactMap { model[$0] as? Int }
    #expect(ram.reduce(0, +) == model["ram_bytes"] as? Int && ram[1] == 4 * 64 + 4 * 10)
    #expect((100..<2048).contains(ram[2]))
    let folder = try TemporaryFolder()
    let compile = ["compile"] + words.dropFirst() + ["-o", "out", "--name", "net"]
    _ = try Program.coppice(compile, in: folder.path)
    let text = try folder.text("out/net.json")
    #expect(text.contains("\"layers\": [") && text.contains("\"operator\": \"Gemm\""))
  }

  @Test func quantisedWeightsOfARefusedModelAreListed() throws {
    let folder = try TemporaryFolder()
    let weight = Onnx.tensor("w", 3, [4, 2], raw: [1, 0, 3, 0, 5, 6, 7, 8])
    let scale = Onnx.tensor("s", 1, [], raw: floats([0.5]))
    let nodes = [
      Onnx.node("DequantizeLinear", ["w", "s"], ["f"]), Onnx.node("MatMul", ["x", "f"], ["h"]),
    ]
    let unknown = Onnx.graph(
      nodes + [Onnx.node("Nope", ["h"], ["y"])], inputs: [Onnx.value("x", 1, [1, 4])],
      outputs: [Onnx.value("y", 1, [1, 2])], initializers: [weight, scale])
    try folder.write(Onnx.model(unknown))
    let words = ["inspect", "model.onnx", "--json"]
    let model = try Program.coppice(words, in: folder.path).object
    let weights = try #require(model["weights"] as? [[String: Any]])
    #expect(weights.map { $0["type"] as? String } == ["int8"])
    #expect(weights.map { $0["nonzeros"] as? Int } == [6])
    #expect(model["parameters"] as? Int == 9)
  }

  @Test func tablesFitTheTerminal() throws {
    let folder = try TemporaryFolder()
    let long = "encoder/" + String(repeating: "block/attention/", count: 20) + "weight"
    let model = Onnx.oneNode(
      Onnx.node("MatMul", ["x", long], ["y"], name: long + "/node"),
      initializers: [Onnx.tensor(long, 1, [4, 4], raw: floats(Array(repeating: 1, count: 16)))])
    try folder.write(model)
    for columns in [80, 120] {
      let text = try Program.coppice(
        ["inspect", "model.onnx"], in: folder.path, environment: ["COLUMNS": "\(columns)"]
      ).text
      let widest = text.split(separator: "\n").map(\.count).max() ?? 0
      #expect(widest <= columns && widest > columns - 8)
      #expect(text.contains("encoder/") && text.contains("...") && text.contains("weight "))
    }
    let json = try Program.coppice(["inspect", "model.onnx", "--json"], in: folder.path).text
    #expect(json.contains("\"\(long)\""))
  }
  /// Exporters write names that begin and end alike.
  @Test func shortenedNamesStayApart() throws {
    let folder = try TemporaryFolder()
    let names = (0..<9).map {
      "functional/block_\($0)/Relu;functional/quantized/ReadVariable/resource"
    }
    let nodes = names.indices.map { index in
      Onnx.node(
        "Relu", [index == 0 ? "x" : "v\(index - 1)"], [index == 8 ? "y" : "v\(index)"],
        name: names[index])
    }
    try folder.write(
      Onnx.model(
        Onnx.graph(
          nodes, inputs: [Onnx.value("x", 1, [1, 64])], outputs: [Onnx.value("y", 1, [1, 64])])))
    let text = try Program.coppice(
      ["inspect", "model.onnx", "--passes", ""], in: folder.path, environment: ["COLUMNS": "60"]
    ).text
    let shown = text.split(separator: "\n").filter { $0.contains("Relu") && $0.contains("...") }
    #expect(shown.count >= 9, "\(text)")
    #expect(Set(shown.map { $0.split(separator: " ")[0] }).count >= 9, "\(text)")
  }
}
