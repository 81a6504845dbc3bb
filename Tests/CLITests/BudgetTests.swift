import CoppiceTestSupport
import Testing

/// `--ram` and `--flash` are hard limits whose errors name what to change.
@Suite struct BudgetTests {
  private func compile(_ options: String...) throws -> Outcome {
    let folder = try TemporaryFolder()
    return try Program.coppice(
      ["compile", Models.digitsModel, "-o", "out", "--json"] + options, in: folder.path)
  }

  @Test func limitsAreExact() throws {
    let costs = try compile().object
    let arena = try #require(costs["arena_bytes"] as? Int)
    let weights = try #require(costs["weights_bytes"] as? Int)
    let flash = weights + (try #require(costs["code_bytes_estimate"] as? Int))
    #expect(try compile("--ram", "\(arena)", "--flash", "\(flash)").status == 0)
    #expect(try compile("--ram", "\(arena - 1)").ids == ["ram-budget"])
    #expect(try compile("--flash", "\(flash - 1)").ids == ["flash-budget"])
    #expect(try compile("--ram", "0", "--flash", "0").ids == ["ram-budget", "flash-budget"])
  }

  @Test func unitsArePowersOfTwo() throws {
    let message = try compile("--ram", "9K", "--flash", "0M").errors
    #expect(message.contains("--ram 9216"))
    #expect(message.contains("--flash 0;"))
  }

  @Test func errorsNameWhatToChange() throws {
    let message = try compile("--ram", "1", "--flash", "1").errors
    #expect(message.contains("alive at the peak: 'relu2', 6144 bytes"))
    #expect(message.contains("'conv3.weight': 20736 bytes, dense"))
    #expect(message.contains("prune and sparsify"))
  }
}

/// `--dim` and what is said of dimensions that nobody bound.
@Suite struct DimensionTests {
  private func compile(_ model: [UInt8], _ options: [String]) throws -> (Outcome, String) {
    let folder = try TemporaryFolder()
    try folder.write(model)
    let words = ["compile", "model.onnx", "-o", "out", "--name", "net"] + options
    let outcome = try Program.coppice(words, in: folder.path)
    return (outcome, (try? folder.text("out/net.json")) ?? "")
  }

  @Test func aBatchOfOneIsSaidAloud() throws {
    let (outcome, manifest) = try compile(Models.dynamic(), [])
    #expect(outcome.status == 0 && outcome.errors.contains("note[batch-assumed]"))
    #expect(outcome.errors.contains("--dim batch=N") && manifest.contains("[1, 4]"))
  }

  @Test func aBoundBatchIsSilent() throws {
    let (outcome, manifest) = try compile(Models.dynamic(), ["--dim", "batch=3"])
    #expect(outcome.status == 0 && outcome.errors.isEmpty)
    #expect(manifest.contains("[3, 4]"))
  }

  @Test func anotherUnboundDimensionIsAnError() throws {
    let (outcome, _) = try compile(Models.dynamic("wide=r"), [])
    #expect(outcome.status == 2 && outcome.errors.contains("--dim wide=r=N"))
    let (bound, manifest) = try compile(
      Models.dynamic("wide=r"), ["--dim", "wide=r=5", "--dim", "batch=1"])
    #expect(bound.status == 0 && manifest.contains("[1, 5]"))
  }

  @Test(arguments: ["999999999999", "9223372036854775807"])
  func tooMuchIsRefused(_ extent: String) throws {
    let (outcome, _) = try compile(Models.dynamic(), ["--dim", "batch=\(extent)"])
    #expect(outcome.status == 2)
  }

  @Test func unknownNamesAreAllTold() throws {
    let (outcome, _) = try compile(Models.dynamic(), ["--dim", "a=1", "--dim", "b=2"])
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("--dim a") && outcome.errors.contains("--dim b"))
  }
}
