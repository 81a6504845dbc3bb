import Foundation
import Testing

/// The program as a user starts it: hostile files end with status 2, damaged ones with 0 or 2, and
/// none with a signal or without end.
@Suite(.enabled(if: CoppiceProgram.canCompile)) struct CompileHostileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test(arguments: HostileFile.all) func hostileFilesEndWithTwo(_ file: HostileFile) throws {
    #expect(try CoppiceProgram.compile(file.bytes, in: folder) == 2)
  }

  @Test(arguments: 0..<25) func damagedFilesEndWithZeroOrTwo(_ seed: UInt64) throws {
    var random = Generator(state: seed &* 0x2545_f491_4f6c_dd1d &+ 7)
    for model in SeedModel.all {
      for _ in 0..<2 {
        let status = try CoppiceProgram.compile(random.damaged(model), in: folder)
        #expect([0, 2].contains(status))
      }
    }
  }
}

/// The `coppice` that was built beside the tests.
enum CoppiceProgram {
  private static let limit: TimeInterval = 60

  private static let url = URL(fileURLWithPath: CommandLine.arguments[0])
    .deletingLastPathComponent().appendingPathComponent("coppice")

  static let canCompile: Bool = {
    guard FileManager.default.isExecutableFile(atPath: url.path) else { return false }
    let process = Process()
    process.executableURL = url
    process.arguments = ["compile", "--help"]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    let text = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: text, as: UTF8.self).contains("--passes")
  }()

  /// The exit status of `coppice compile`; above 128 for a signal, -1 when it does not end.
  static func compile(_ bytes: [UInt8], in folder: TemporaryFolder) throws -> Int32 {
    let process = Process()
    process.executableURL = url
    process.arguments = [
      "compile", try folder.write(bytes), "-o", folder.path + "/out", "--name", "model",
    ]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let deadline = Date().addingTimeInterval(limit)
    while process.isRunning {
      if Date() > deadline {
        process.terminate()
        return -1
      }
      usleep(5000)
    }
    let signalled = process.terminationReason == .uncaughtSignal
    return signalled ? 128 + process.terminationStatus : process.terminationStatus
  }
}
