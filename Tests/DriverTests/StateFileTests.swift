import Coppice
import CoppiceIR
import CoppicePassManager
import CoppiceRecords
import CoppiceTestSupport
import Foundation
import Testing

/// A search that is interrupted and goes on: the same model as in one go.
@Suite struct StateFileTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try putSamples(30, in: "data")
    try putSamples(29, in: "fewer")
  }

  private static let model = Digits.folder + "digits.onnx"

  /// The first of the held-out samples, with their labels.
  private func putSamples(_ count: Int, in name: String) throws {
    let samples = try Digits.samples(count)
    guard case .classes(let classes) = samples.targets else { return }
    let images = samples.inputs.flatMap { $0[0].array(of: UInt8.self) }
    let labels = Bytes(classes.map { Int64($0[0]) }).array(of: UInt8.self)
    try folder.write([], "\(name)/input_0.npy")
    let path = "\(folder.path)/\(name)"
    try #require(NumpyArray(.float32, shape: [count, 1, 8, 8], bytes: images))
      .write(to: path + "/input_0.npy")
    try #require(NumpyArray(.int64, shape: [count], bytes: labels)).write(to: path + "/label_0.npy")
  }

  private func words(_ search: String = "greedy", _ more: String = "") -> String {
    "prune-oracle{data=data,search=\(search),sparsity=0.25,state=state\(more)}"
  }

  private func prune(
    _ passes: String, to name: String = "p.onnx", _ more: [String] = []
  ) throws -> Outcome {
    try Program.coppice(
      ["prune", Self.model, "-o", name, "--passes", "@default," + passes] + more,
      in: folder.path, limit: 300)
  }

  @Test func aSearchThatWasInterruptedGoesOn() throws {
    let plain = words().replacing(",state=state", with: "")
    #expect(try prune(plain, to: "whole.onnx").status == 0)
    let outcome = try Program.shell(
      """
      set -m
      "$COPPICE" prune "$1" -o cut.onnx --passes "@default,$2" 2> words &
      for turn in $(seq 3000); do [ -e state ] && break; sleep 0.01; done
      kill -INT $!
      wait $!
      echo "status $?"
      ls -A
      """, [Self.model, words()], in: folder.path)
    #expect(outcome.text == "status 130\ndata\nfewer\nstate\nwhole.onnx\nwords\n")
    let lines = try folder.text("state").split(separator: "\n")
    #expect(lines[0] == "coppice-state/1" && lines.count > 5 && lines.count < 300)
    let resumed = try prune(words(), to: "resumed.onnx", ["--verify-each"])
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(try folder.bytes("resumed.onnx") == folder.bytes("whole.onnx"))
    let state = try folder.text("state")
    #expect(state.hasPrefix(lines.joined(separator: "\n")))
    #expect(try prune(words(), to: "again.onnx").status == 0)
    #expect(try folder.text("state") == state)
    try theStateBelongsToItsModelDataAndOptions(state)
  }

  private func theStateBelongsToItsModelDataAndOptions(_ state: String) throws {
    for (passes, reason) in [
      (words("once"), "other options"),
      ("prune-magnitude{sparsity=0.5}," + words(), "another model"),
      (words().replacing("data=data", with: "data=fewer"), "other samples"),
    ] {
      let refused = try prune(passes, to: "no.onnx")
      #expect(refused.status == 2 && refused.errors.contains(reason), "\(refused.errors)")
      #expect(refused.errors.contains("error[state-mismatch]"))
    }
    #expect(try folder.text("state") == state)
    for (text, reason) in [
      ("something else\n", "is no state file"), (state + "12 zz\n", "is no pair"),
      (String(state.dropLast()), "its end is missing"),
    ] {
      try folder.write(text, "state")
      let refused = try prune(words(), to: "no.onnx")
      #expect(refused.status == 2 && refused.errors.contains(reason), "\(refused.errors)")
      #expect(refused.errors.contains("error[state-file]"))
      #expect(try folder.text("state") == text)
    }
    try folder.write(state, "state")
    let lost = try prune(words(), to: "state")
    #expect(lost.status == 2 && lost.errors.contains("is an input"))
    #expect(try folder.text("state") == state)
  }

  @Test func progressIsSaidSeldomUnlessItReplacesItself() {
    var lines = ProgressPace(isRewritten: false)
    let progress = PassProgress("prune-oracle", "settings measured", done: 7, of: 40)
    #expect(lines.line(progress, after: .seconds(9)) == nil)
    #expect(
      lines.line(progress, after: .seconds(10))
        == "prune-oracle: 7 of at most 40 settings measured")
    #expect(lines.line(progress, after: .seconds(19)) == nil)
    #expect(lines.line(progress, after: .seconds(21)) != nil)
    var rewritten = ProgressPace(isRewritten: true)
    #expect(rewritten.line(PassProgress("p", "runs", done: 1), after: .seconds(1)) == "p: 1 runs")
    #expect(rewritten.line(progress, after: .milliseconds(1050)) == nil)
    #expect(rewritten.line(progress, after: .milliseconds(1101)) != nil)
  }
}
