import CoppiceTestSupport
import Testing

/// A compiled model that has more to say than a pipe holds: nothing waits for anything forever.
@Suite struct TalkativeModelTests {
  let folder: TemporaryFolder

  /// `check` gets a C compiler whose programs write a million bytes.
  init() throws {
    folder = try TemporaryFolder()
    try folder.write(Models.weighted)
    for name in ["data/input_0.pb", "data/output_0.pb"] {
      try folder.write(Onnx.tensor("t", 1, [1, 4], raw: floats([1, 2, 3, 4])).bytes, name)
    }
    try folder.write("#!/bin/sh\nexec head -c 1000000 /dev/zero\n", "program")
    try folder.write(
      """
      while [ "$1" != -o ]; do shift; done
      cp \(folder.path)/program "$2"
      chmod +x "$2"
      """, "cc")
  }

  private func check(environment: [String: String] = [:], after start: [String] = []) throws
    -> Outcome
  {
    try Program.run(
      start + [Program.coppice, "check", "model.onnx", "--data", "data"], in: folder.path,
      environment: environment.merging(["CC": "sh \(folder.path)/cc"]) { $1 }, limit: 20)
  }

  @Test func tooLongAnAnswerIsRefused() throws {
    let outcome = try check()
    #expect(outcome.status == 4)
    #expect(outcome.errors.contains("error[program-failed]"))
    #expect(outcome.errors.contains("it wrote too much"))
  }

  @Test func anAnswerThatCannotBeReadIsNamed() throws {
    let library = try #require(FaultLibrary.path)
    var named = 0
    for index in 1..<100 {
      let log = "log\(index)"
      let outcome = try check(
        environment: [
          "FAULT_AT": "\(index)", "FAULT_CALL": "read", "FAULT_LOG": folder.path + "/" + log,
        ], after: ["env", "LD_PRELOAD=\(library)"])
      if !folder.exists(log) { break }
      #expect([2, 3, 4].contains(outcome.status))
      if outcome.errors.contains("could not be read: Input/output error") { named += 1 }
    }
    #expect(named > 0)
  }
}
