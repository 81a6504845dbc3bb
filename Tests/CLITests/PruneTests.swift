import CoppiceTestSupport
import Testing

/// `prune` writes models that other tools take.
@Suite struct PruneTests {
  @Test(.enabled(if: Program.hasPython))
  func prunedModelsAreAccepted() throws {
    let folder = try TemporaryFolder()
    let script = Program.root + "/Tests/CLITests/pruned_models.py"
    let make = try Program.run([Program.python, script, "make", Models.digitsModel, folder.path])
    #expect(make.status == 0, "\(make.errors)")
    let pipelines = [
      "prune-magnitude{sparsity=0.7}", "@default,prune-magnitude{sparsity=0.8,scope=global}",
      "prune-filters{sparsity=0.4}", "prune-filters{sparsity=0.4,mask-only=true}",
      "prune-movement{record=\(Models.digits)/digits.prunerec.safetensors,keep=0.2}",
      "prune-filters{sparsity=0.3},prune-magnitude{sparsity=0.5}",
      "prune-oracle{data=\(Models.digits),sparsity=0.2}",
    ]
    for (index, passes) in pipelines.enumerated() {
      let pruned = try Program.coppice(
        [
          "prune", "model.onnx", "-o", "pruned_\(index).onnx", "--passes", passes, "--masks",
          "masks_\(index).safetensors",
        ], in: folder.path)
      #expect(pruned.status == 0, "\(pruned.errors)")
      let words = [
        "run", "model.onnx", "--inputs", "in", "--outputs", "out_\(index)", "--format", "npy",
        "--passes", passes + ",sparsify",
      ]
      #expect(try Program.coppice(words, in: folder.path).status == 0)
    }
    let check = try Program.run([Program.python, script, "check", folder.path])
    #expect(check.status == 0, "\(check.errors)")
    #expect(check.text == "7 models\n")
  }

  @Test func aModelMayBePrunedInPlace() throws {
    let folder = try TemporaryFolder()
    #expect(try Program.run(["cp", Models.digitsModel, "m.onnx"], in: folder.path).status == 0)
    let words = ["prune", "m.onnx", "-o", "m.onnx", "--passes", "prune-magnitude{sparsity=0.5}"]
    #expect(try Program.coppice(words, in: folder.path).status == 0)
    let model = try Program.coppice(["inspect", "m.onnx", "--json"], in: folder.path).object
    let weights = try #require(model["weights"] as? [[String: Any]])
    #expect(weights.map { $0["nonzeros"] as? Int } == [72, 1728, 2592, 1920])
    #expect(folder.names() == ["m.onnx"])
  }
}
