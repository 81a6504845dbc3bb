import CoppiceTestSupport
import Testing

/// Benchmarks on a clone that stands alone.
@Suite struct BenchmarkTests {
  @Test(
    .enabled(if: Program.hasPython),
    arguments: ["host_models.py", "compiler.py --skip-large"])
  func modelsThatAreNotThereAreSkipped(_ words: String) throws {
    let folder = try TemporaryFolder()
    let setup = "mkdir -p clone/Tests; cp -r \"$1\"/Tests/Benchmarks clone/Tests"
    #expect(try Program.shell(setup, [Program.root], in: folder.path).status == 0)
    let script = "clone/Tests/Benchmarks/" + words
    let outcome = try Program.run(
      [Program.python] + script.split(separator: " ").map(String.init), in: folder.path)
    #expect(outcome.status == 0)
    #expect(outcome.text.contains("skipped: the MLPerf Tiny models are not beside the project"))
  }
}
