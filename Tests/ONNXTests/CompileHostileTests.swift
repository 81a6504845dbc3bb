import CoppiceTestSupport
import Testing

/// The program as a user starts it: hostile files end with status 2, damaged ones with 0 or 2, and
/// none with a signal, without end, with gigabytes, or with files left behind.
@Suite struct CompileHostileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Runs a verb with 4 GB of address space; hundreds of times what any of the models needs.
  private func run(_ verb: String, _ bytes: [UInt8]) throws -> Int32 {
    let model = try folder.write(bytes)
    let line = "ulimit -v 4194304; exec \"$COPPICE\" \(verb)"
    return try Program.shell(line, [model], in: folder.path).status
  }

  private func compile(_ bytes: [UInt8]) throws -> Int32 {
    try run("compile \"$1\" -o out --name model", bytes)
  }

  @Test(arguments: HostileFile.all) func hostileFilesEndWithTwo(_ file: HostileFile) throws {
    #expect(try compile(file.bytes) == 2)
    #expect(try run("inspect \"$1\"", file.bytes) == 2)
    #expect(try run("prune \"$1\" -o out.onnx --masks out.st", file.bytes) == 2)
    #expect(folder.names() == ["model.onnx"])
  }

  @Test(arguments: 0..<25) func damagedFilesEndWithZeroOrTwo(_ seed: UInt64) throws {
    var random = Generator(state: seed &* 0x2545_f491_4f6c_dd1d &+ 7)
    for model in SeedModel.all {
      for _ in 0..<2 {
        let before = folder.names("out")
        let status = try compile(random.damaged(model))
        #expect([0, 2].contains(status))
        #expect(status == 0 || folder.names("out") == before)
      }
    }
  }

  @Test(arguments: 0..<10) func damagedFilesAreDescribedOrRefused(_ seed: UInt64) throws {
    var random = Generator(state: seed &* 0x9e37_79b9_7f4a_7c15 &+ 3)
    for model in SeedModel.all {
      let bytes = random.damaged(model)
      #expect([0, 2].contains(try run("inspect \"$1\" --json", bytes)))
      #expect([0, 2].contains(try run("prune \"$1\" -o out.onnx", bytes)))
    }
  }
}
