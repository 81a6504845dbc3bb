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
}
