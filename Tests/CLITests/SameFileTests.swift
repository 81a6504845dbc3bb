import CoppiceTestSupport
import Testing

/// Outputs that are one file under two names, or an input, are refused before anything is written.
@Suite struct SameFileTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.write(Models.weighted)
    try folder.write("old", "there/old.onnx")
  }

  @Test(arguments: [
    "-o a.onnx --masks ./a.onnx", "-o a.onnx --masks there/../a.onnx",
    "-o new/a.onnx --masks new/./a.onnx", "-o a.onnx --masks new/../a.onnx",
    "-o dangling --masks a.onnx", "-o a.onnx --masks here/a.onnx", "-o a.onnx --masks $PWD/a.onnx",
    "-o out.onnx --masks model.onnx", "-o out.onnx --masks here/model.onnx",
    "-o out.onnx --masks soft.onnx", "-o out.onnx --masks hard.onnx",
    "-o model.onnx --masks ./model.onnx",
  ])
  func oneFileUnderTwoNamesIsRefused(_ words: String) throws {
    let setup =
      "ln -s . here; ln -s a.onnx dangling; ln -s model.onnx soft.onnx; ln model.onnx hard.onnx"
    #expect(try Program.shell(setup, in: folder.path).status == 0)
    let before = folder.names()
    let outcome = try Program.shell("\"$COPPICE\" prune model.onnx \(words)", in: folder.path)
    #expect(outcome.status == 2 && outcome.errors.contains("error[file-write]"))
    #expect(folder.names() == before)
    #expect(try folder.bytes("model.onnx") == Models.weighted)
  }

  @Test func aRecordIsNotOverwritten() throws {
    let record = Models.digits + "/digits.prunerec.safetensors"
    #expect(try Program.run(["cp", record, folder.path + "/record"]).status == 0)
    let before = try folder.bytes("record")
    for output in ["-o record", "-o new.onnx --masks record"] {
      let outcome = try Program.coppice(
        [
          "prune", Models.digitsModel, "--passes", "prune-movement{record=record,sparsity=0.5}",
        ] + output.split(separator: " ").map(String.init), in: folder.path)
      #expect(outcome.status == 2 && outcome.errors.contains("is an input"))
      #expect(try folder.bytes("record") == before)
    }
  }

  @Test func aModelIsPrunedInPlace() throws {
    let words = ["prune", "model.onnx", "-o", "model.onnx"]
    #expect(try Program.coppice(words, in: folder.path).status == 0)
    #expect(folder.names() == ["model.onnx", "there"])
  }

  @Test func aDanglingLinkIsFollowed() throws {
    #expect(try Program.shell("ln -s there/new.onnx link", in: folder.path).status == 0)
    let words = ["prune", "model.onnx", "-o", "link"]
    #expect(try Program.coppice(words, in: folder.path).status == 0)
    #expect(folder.names("there") == ["new.onnx", "old.onnx"])
    #expect(try Program.run(["test", "-L", "link"], in: folder.path).status == 0)
  }
}
