import CoppiceTestSupport
import Foundation
import Testing

/// `--ram` and `--flash` are hard limits whose errors name what to change.
@Suite struct BudgetTests {
  private func compile(_ options: String...) throws -> Outcome { try compile(options) }

  private func compile(_ options: [String]) throws -> Outcome {
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

  /// Bands of widened activations are as large as the budget lets them be.
  @Test func packedKernelsTakeLessMemory() throws {
    let folder = try TemporaryFolder()
    try folder.write(QuantizedModelTests.window)
    func arena(_ options: String...) throws -> Int? {
      let outcome = try Program.coppice(
        ["compile", "model.onnx", "-o", "out", "--target", "cortex-m4", "--json"] + options,
        in: folder.path)
      return outcome.status == 0 ? outcome.object["arena_bytes"] as? Int : nil
    }
    let plenty = try #require(try arena())
    let less = try #require(try arena("--ram", "\(plenty - 1)"))
    #expect(less < plenty)
    #expect(try arena("--ram", "\(plenty)") == plenty)
    // Operands and results are the caller's: plain loops take nothing beside them.
    #expect(try #require(try arena("--ram", "16")) <= 16)
  }

  /// Floats too: bands of fewer rows, or forms that need no memory of their own, with the same answers.
  @Test(arguments: [
    (passes: "@default", least: 0.85),
    (passes: "prune-magnitude{sparsity=0.8},@default,sparsify", least: 0.75),
  ]) func floatKernelsTakeLessMemory(_ passes: String, _ least: Double) throws {
    let folder = try TemporaryFolder()
    func arena(_ options: String...) throws -> Int? {
      let outcome = try Program.coppice(
        ["compile", Models.digitsModel, "-o", "out", "--target", "cortex-m4", "--json", "--passes"]
          + [passes] + options, in: folder.path)
      return outcome.status == 0 ? outcome.object["arena_bytes"] as? Int : nil
    }
    let plenty = try #require(try arena())
    for part in [1, (1 + least) / 2, least] {
      let limit = Int(Double(plenty) * part)
      let taken = try #require(try arena("--ram", "\(limit)"), "\(limit)")
      #expect(taken <= limit && (part == 1) == (taken == plenty))
    }
    #expect(try arena("--ram", "16") == nil)
  }

  @Test func unitsArePowersOfTwo() throws {
    let message = try compile("--ram", "9K", "--flash", "0M").errors
    #expect(message.contains("--ram 9216"))
    #expect(message.contains("--flash 0;"))
  }

  @Test func errorsNameWhatToChange() throws {
    let message = try compile("--ram", "1", "--flash", "1").errors
    #expect(message.contains("alive at the peak: 'relu2', 6144 bytes"))
    #expect(message.contains("'conv3.weight': 20736 bytes (40 % of the constants), dense"))
    #expect(message.contains("prune and sparsify"))
  }

  @Test(arguments: ["40K", "30K", "24K"]) func theSparsityThatWouldFitFits(_ flash: String) throws {
    let message = try compile("--flash", flash).errors
    #expect(message.contains("bytes are no weights that pruning can zero"))
    let advice = try #require(message.components(separatedBy: "--passes '").last)
    let passes = try #require(advice.split(separator: "'").first)
    #expect(passes.hasPrefix("@default,prune-magnitude{sparsity=0."))
    #expect(try compile("--flash", flash, "--passes", String(passes)).status == 0)
  }

  /// What was advised stands in the place of what was pruned, and holds where code grows too.
  @Test(arguments: [
    ("cortex-m4", "@default,prune-magnitude{sparsity=0.05},sparsify"), ("x86-64", "@default"),
  ])
  func adviceIsTried(_ target: String, _ passes: String) throws {
    let whole = try compile("--target", target, "--passes", passes).object
    let bytes = try #require(whole["weights_bytes"] as? Int)
    for part in [0.95, 0.8, 0.65, 0.5] {
      let budget = ["--target", target, "--flash", "\(Int(Double(bytes) * part))"]
      let message = try compile(budget + ["--passes", passes]).errors
      let advice = try #require(message.components(separatedBy: "--passes '").last)
      let advised = String(try #require(advice.split(separator: "'").first))
      #expect(advised.hasPrefix("@default,prune-magnitude{sparsity="), "\(message)")
      #expect(advised.components(separatedBy: "prune-magnitude").count == 2)
      #expect(try compile(budget + ["--passes", advised]).status == 0, "\(message)")
    }
  }

  @Test func whatNoSparsityReachesIsSaid() throws {
    let message = try compile("--flash", "2K").errors
    #expect(message.contains("with 95 % of the weights zero it still takes about"))
  }

  /// What is generated for a processor is C99 that answers right here too.
  @Test(arguments: [
    "cortex-m0", "cortex-m0plus", "cortex-m3", "cortex-m33", "cortex-m85", "rv32", "xtensa",
  ])
  func everyTargetAnswers(_ target: String) throws {
    let outcome = try Program.coppice([
      "check", Models.digitsModel, "--data", Models.digits, "--target", target,
    ])
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  @Test func floatsByLibraryCallsAreCharged() throws {
    func cost(_ target: String) throws -> Double {
      let plans = try compile("--explain", "--target", target).object["plans"]
      let rows = try #require(plans as? [[String: Any]])
      let row = rows.first { $0["node"] as? String == "conv2" && $0["form"] as? String == "conv" }
      return try #require(row?["cost"] as? Double)
    }
    let (with, without) = (try cost("cortex-m4"), try cost("cortex-m0"))
    #expect(without > 10 * with)
    #expect(try cost("cortex-m3") < without && cost("xtensa") == with)
  }

  @Test func unknownTargetsPointToGeneric() throws {
    let outcome = try compile("--target", "cortex-m44")
    #expect(outcome.status == 64 && outcome.errors.contains("take 'generic'"))
    #expect(outcome.errors.contains("did you mean 'cortex-m4'?"))
    #expect(outcome.errors.contains("x86-64") && outcome.errors.contains("cortex-m55"))
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

  @Test func misspeltNamesGetSuggestions() throws {
    let (near, _) = try compile(Models.dynamic("width"), ["--dim", "widht=5"])
    #expect(near.status == 2 && near.errors.contains("did you mean 'width'?"))
    let (far, _) = try compile(Models.dynamic("width"), ["--dim", "q=5", "--dim", "width=2"])
    #expect(far.errors.contains("there are 'batch', 'width'"))
  }

  @Test func unknownNamesAreAllTold() throws {
    let (outcome, _) = try compile(Models.dynamic(), ["--dim", "a=1", "--dim", "b=2"])
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("--dim a") && outcome.errors.contains("--dim b"))
  }
}
