import CoppiceIR
import CoppiceONNX
import CoppiceTestSupport
import Foundation
import Testing

@Suite struct HostileFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test(arguments: HostileFile.all) func isRefused(_ file: HostileFile) throws {
    let start = ContinuousClock.now
    let problems = try folder.problems(file.bytes)
    #expect(problems.contains(file.id), "\(problems)")
    #expect(ContinuousClock.now - start < .seconds(30))
  }

  /// Not one of 2^30 calls is expanded.
  @Test func tooManyCallsAreCountedBefore() throws {
    let file = try #require(HostileFile.all.first { $0.name.contains("thirty") })
    let start = ContinuousClock.now
    #expect(try folder.problems(file.bytes) == ["too-many-nodes"])
    #expect(ContinuousClock.now - start < .seconds(1))
  }

  @Test func aLinkOutOfTheFolderIsRefused() throws {
    let other = try TemporaryFolder()
    let secret = try other.write(floats([1, 2, 3, 4]), "secret")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/link", withDestinationPath: secret)
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/out", withDestinationPath: other.path)
    for location in ["link", "out/secret"] {
      let tensor = Onnx.external("w", [4], [("location", location)])
      #expect(try folder.problems(HostileFile.weights([tensor])) == ["external-outside"])
    }
  }

  @Test func aLinkInsideTheFolderIsFollowed() throws {
    try folder.write(floats([1, 2, 3, 4]), "data")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/link", withDestinationPath: "data")
    let tensor = Onnx.external("w", [4], [("location", "link")])
    #expect(try folder.problems(HostileFile.weights([tensor])) == [])
  }

  @Test func aPipeDoesNotBlock() throws {
    #expect(mkfifo(folder.path + "/pipe", 0o600) == 0)
    let tensor = Onnx.external("w", [4], [("location", "pipe")])
    #expect(try folder.problems(HostileFile.weights([tensor])) == ["file-open"])
    #expect(throws: Diagnostics.self) { try ONNXImporter.load(folder.path + "/pipe") }
  }

  @Test func aMissingFileIsRefused() throws {
    #expect(throws: Diagnostics.self) { try ONNXImporter.load(folder.path + "/none.onnx") }
    #expect(throws: Diagnostics.self) { try ONNXImporter.load(folder.path) }
  }
}
