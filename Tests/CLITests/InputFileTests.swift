import CoppiceTestSupport
import Testing

/// Paths of the user that are no plain files, and files that change while they are read.
@Suite struct InputFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  static let pipes = [
    "inspect pipe", "compile pipe -o out", "run pipe --inputs data --outputs out",
    "check pipe --data data", "prune pipe -o out.onnx",
    "compile external.onnx -o out", "prune external.onnx -o out.onnx",
    "compile model.onnx -o out --passes prune-movement{record=pipe,sparsity=0.5}",
    "compile model.onnx -o out --load-pass-plugin pipe", "passes --load-pass-plugin ./pipe",
    "run model.onnx --inputs npy --outputs out", "run model.onnx --inputs pb --outputs out",
    "run model.onnx --inputs pipe --outputs out", "check model.onnx --data pipe",
    "check model.onnx --data npy", "compile model.onnx -o out --vectors npy",
    "compile model.onnx -o out --vectors pipe",
  ]

  @Test(arguments: pipes) func aPipeIsRefused(_ words: String) throws {
    try folder.write(Models.weighted)
    try folder.write(
      Onnx.oneNode(
        Onnx.node("Add", ["x", "w"], ["y"]),
        initializers: [Onnx.external("w", [4], [("location", "pipe")])]), "external.onnx")
    for name in ["data/a", "npy/a", "pb/a"] { try folder.write([], name) }
    let pipes = ["pipe", "npy/input_0.npy", "npy/output_0.npy", "pb/input_0.pb"]
    #expect(try Program.run(["mkfifo"] + pipes, in: folder.path).status == 0)
    let before = folder.names()
    let list = words.split(separator: " ").map(String.init)
    let outcome = try Program.coppice(list, in: folder.path, limit: 20)
    #expect(outcome.status == 2)
    let isNamed = ["pipe", "npy/", "pb/"].contains { outcome.errors.contains($0) }
    #expect(outcome.errors.contains("error[") && isNamed)
    #expect(folder.names() == before)
  }

  @Test func aFolderThatCannotBeSearchedIsNotCalledEmpty() throws {
    try folder.write(Models.weighted)
    let name = String(repeating: "n", count: 300)
    for words in [["run", "--inputs", name, "--outputs", "out"], ["check", "--data", name]] {
      let outcome = try Program.coppice([words[0], "model.onnx"] + words[1...], in: folder.path)
      #expect(
        outcome.status == 2 && outcome.errors.contains("File name too long"), "\(outcome.errors)")
    }
  }

  @Test(arguments: ["compile model.onnx -o out --json", "inspect model.onnx --json"])
  func aLargeFileThatShrinksIsNamed(_ words: String) throws {
    let weight = Onnx.tensor("w", 1, [5_000_000], raw: [UInt8](repeating: 1, count: 20_000_000))
    try folder.write(
      Onnx.oneNode(
        Onnx.node("Add", ["x", "w"], ["y"]), initializers: [weight],
        input: Onnx.value("x", 1, [1]), output: Onnx.value("y", 1, [5_000_000])))
    let library = try #require(FaultLibrary.path)
    let start = ["env", "LD_PRELOAD=\(library)", "FAULT_SHRINK=1", Program.coppice]
    let outcome = try Program.run(
      start + words.split(separator: " ").map(String.init), in: folder.path)
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("error[file-changed]: 'model.onnx'"))
    #expect(outcome.ids == ["file-changed"])
    #expect(folder.names() == ["model.onnx"])
  }
}
