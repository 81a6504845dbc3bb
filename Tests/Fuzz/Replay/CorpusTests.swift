import CoppiceFuzzTargets
import CoppiceTestSupport
import Foundation
import Testing

/// Every input that a fuzzer kept is read or refused.
@Suite struct CorpusTests {
  @Test(arguments: FuzzTarget.allCases) func keptInputsAreReadOrRefused(
    _ target: FuzzTarget
  ) throws {
    let folder = Program.root + "/Tests/Fuzz/Corpus/\(target.rawValue)"
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    #expect(!names.isEmpty)
    for name in names {
      let bytes = try Data(contentsOf: URL(fileURLWithPath: folder + "/" + name))
      bytes.withUnsafeBytes { target.run($0) }
    }
  }
}
