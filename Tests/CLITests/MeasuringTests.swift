import CoppiceTestSupport
import Foundation
import Testing

/// Passes that run the model on this machine: what they need, and how they end.
@Suite struct MeasuringTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func prune(_ passes: String, environment: [String: String] = [:]) throws -> Outcome {
    try Program.run(
      [
        Program.coppice, "prune", Program.root + "/examples/digits/digits.onnx", "-o",
        folder.path + "/pruned.onnx", "--passes", passes, "--json",
      ], environment: environment.merging(["TMPDIR": folder.path]) { $1 }, limit: 300)
  }

  private let oracle =
    "@default,prune-oracle{data=\"\(Program.root)/examples/digits\",sparsity=0.25}"

  @Test func theDigitsModelIsPrunedByItsOwnAnswers() throws {
    let done = try prune(oracle)
    #expect(done.status == 0, "\(done.errors)")
    #expect(done.ids.contains("measured-loss"))
    #expect(folder.names() == ["pruned.onnx"])
  }

  @Test func aMissingCompilerIsStatus3() throws {
    let done = try prune(oracle, environment: ["CC": "/no/such/compiler"])
    #expect(done.status == 3 && done.ids == ["cc-failed"])
    #expect(folder.names() == [])
  }

  /// A compiler that makes programs that end by a signal, or answer too little.
  @Test(arguments: [
    ("kill -SEGV $$", "signal 11"), ("exit 0", "too little"), ("exit 9", "status 9"),
  ])
  func aProgramThatFailsIsStatus4(_ body: String, _ words: String) throws {
    let script = """
      #!/bin/sh
      while [ "$1" != -o ]; do shift; done
      printf '#!/bin/sh\\n\(body)\\n' >"$2"
      chmod +x "$2"
      """
    let compiler = try folder.write(script, "cc/cc")
    _ = try Program.run(["chmod", "+x", compiler])
    let done = try prune(oracle, environment: ["CC": compiler])
    #expect(done.status == 4 && done.ids == ["program-failed"])
    #expect(done.errors.contains(words), "\(done.errors)")
    #expect(folder.names() == ["cc"])
  }

  @Test func whatIsNoSampleIsRefused() throws {
    let done = try prune("prune-oracle{data=\"\(folder.path)\",sparsity=0.25}")
    #expect(done.status == 2 && done.ids == ["file-read"])
  }
}
