import CoppiceTestSupport
import Testing

/// Outputs are written whole or not at all, and are the same bytes in every run.
@Suite struct FilesTests {
  @Test func sameInputGivesSameBytes() throws {
    let (first, second) = (try TemporaryFolder(), try TemporaryFolder())
    try second.write(first: Models.digitsModel, as: "elsewhere/another name.onnx")
    for weights in ["inline", "split", "blob"] {
      let options = ["--name", "net", "--weights", weights, "--passes", "@default,sparsify"]
      for (folder, model) in [
        (first, Models.digitsModel), (second, "elsewhere/another name.onnx"),
      ] {
        let words = ["compile", model, "-o", "\(weights)"] + options
        #expect(try Program.coppice(words, in: folder.path).status == 0)
      }
      #expect(first.names(weights) == second.names(weights))
      for name in first.names(weights) {
        #expect(try first.bytes("\(weights)/\(name)") == second.bytes("\(weights)/\(name)"))
        let text = try first.text("\(weights)/\(name)")
        #expect(!text.contains(first.path) && !text.contains(Program.root))
      }
    }
  }

  @Test func aFileThatCannotBeReplacedLeavesAllAsTheyWere() throws {
    let folder = try TemporaryFolder()
    for name in ["net.h", "net.c", "net_selftest.c"] { try folder.write("old", "out/\(name)") }
    try folder.write("in the way", "out/net.json/file")
    let words = ["compile", Models.digitsModel, "-o", "out", "--name", "net"]
    let outcome = try Program.coppice(words, in: folder.path)
    #expect(outcome.status == 2 && outcome.errors.contains("out/net.json"))
    #expect(folder.names("out") == ["net.c", "net.h", "net.json", "net_selftest.c"])
    #expect(try folder.text("out/net.h") == "old" && folder.text("out/net.c") == "old")
  }

  @Test(arguments: [
    "compile \"$1\" -o out --name net", "prune \"$1\" -o out/net.c",
    "prune \"$1\" --masks out/net.c -o new.onnx",
  ])
  func aFullDiskLeavesAllAsItWas(_ line: String) throws {
    let folder = try TemporaryFolder()
    try folder.write("old", "out/net.c")
    let outcome = try Program.shell(
      "ulimit -f 8; exec \"$COPPICE\" \(line) > /dev/null", [Models.digitsModel], in: folder.path)
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("File too large"))
    #expect(!outcome.errors.contains(".coppice-"))
    #expect(folder.names() == ["out"] && folder.names("out") == ["net.c"])
    #expect(try folder.text("out/net.c") == "old")
  }

  @Test func refusalsLeaveFilesAlone() throws {
    let folder = try TemporaryFolder()
    try folder.write("old", "out/digits.c")
    let words = ["compile", Models.digitsModel, "-o", "out", "--ram", "1"]
    #expect(try Program.coppice(words, in: folder.path).status == 2)
    #expect(folder.names("out") == ["digits.c"])
    #expect(try folder.text("out/digits.c") == "old")
  }

  @Test func linksAreFollowed() throws {
    let folder = try TemporaryFolder()
    try folder.write("old", "real/net.onnx")
    let link = try Program.run(["ln", "-s", "real/net.onnx", "link.onnx"], in: folder.path)
    #expect(link.status == 0)
    let words = ["prune", Models.digitsModel, "-o", "link.onnx"]
    #expect(try Program.coppice(words, in: folder.path).status == 0)
    #expect(folder.names() == ["link.onnx", "real"] && folder.names("real") == ["net.onnx"])
    #expect(try folder.bytes("real/net.onnx").count > 40_000)
    #expect(try Program.run(["test", "-L", "link.onnx"], in: folder.path).status == 0)
  }
}

extension TemporaryFolder {
  fileprivate func write(first path: String, as name: String) throws {
    try write([], name)
    #expect(try Program.run(["cp", path, self.path + "/" + name]).status == 0)
  }
}
