import CoppiceTestSupport
import Testing

/// The exit status of every verb: 0, 2, 3, 4 or 64.
@Suite struct StatusTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let status: Int32
    let words: String
    var testDescription: String { "\(status): \(words)" }

    init(_ status: Int32, _ words: String) {
      self.status = status
      self.words = words
    }
  }

  static let usage = [
    "", "nonsense", "help nonsense", "compile", "compile M", "compile -o out", "run M --inputs D",
    "check M", "check M --data", "prune M", "inspect", "ops extra",
    "compile M -o out --no-such-option",
    "compile M -o out --target z80", "compile M -o out --weights none",
    "run M --inputs D --outputs out --format txt", "compile M -o out --name 1st",
    "compile M -o out --name int", "compile M -o out --name class", "compile M -o out --name a-b",
    "compile M -o out --name ../up", "compile M -o out --name math", "compile M -o out --name _x",
    "compile M -o out --name", "compile M -o out --ram 1G", "compile M -o out --ram -1",
    "compile M -o out --ram=-1", "compile M -o out --ram +1", "compile M -o out --ram K",
    "compile M -o out --flash 9223372036854775808", "compile M -o out --flash 9007199254740992M",
    "compile M -o out --dim batch", "compile M -o out --dim batch=", "compile M -o out --dim =2",
    "compile M -o out --dim batch=-1", "compile M -o out --dim batch=2 --dim batch=3",
    "compile M -o out --max-rewrites=-1", "compile M -o out --tolerance nan",
    "compile M -o out --tolerance=-1", "check M --data D --tolerance inf",
    "--generate-completion-script csh",
  ].map { Case(64, $0) }

  static let refused = [
    "compile none -o out", "compile . -o out", "compile /dev/null -o out",
    "run none --inputs D "
      + "--outputs out", "check none --data D", "prune none -o out.onnx", "inspect none",
    "compile M -o M", "compile M -o M/out", "run M --inputs none --outputs out",
    "run M --inputs D/test_data_set_0 --outputs M", "check M --data none", "prune M -o .",
    "prune M -o M/out.onnx", "prune M -o out.onnx --masks out.onnx", "prune M -o /dev/null",
    "compile M -o out --ram 1", "compile M -o out --flash 1K", "inspect M --ram 0",
    "run M --inputs D/test_data_set_0 --outputs out --ram 1", "check M --data D --flash 1",
    "compile M -o out --dim batch=1", "compile M -o out --passes nonsense",
    "prune M -o out.onnx --passes prune-magnitude{sparsity=2}", "inspect M --passes @none",
    "check M --data D --passes fix(", "compile M -o out --vectors none",
    "compile M -o out --load-pass-plugin none.so", "passes --load-pass-plugin M",
  ].map { Case(2, $0) }

  static let done = [
    "--help", "--version", "help", "help compile", "compile --help", "run --help", "check --help",
    "prune --help", "inspect --help", "passes --help", "ops --help", "ops", "passes",
    "passes --markdown", "ops --markdown", "inspect M", "compile M -o out", "compile M -o a/b/c",
    "compile M -o out --ram 64K --flash 1M", "compile M -o out --ram 64k --flash 1m",
    "compile M -o out --passes ", "prune M -o out.onnx", "prune M -o a/b.onnx --masks c/d.st",
    "check M --data D", "run M --inputs D/test_data_set_0 --outputs a/b",
    "--generate-completion-script bash", "--generate-completion-script zsh",
    "--generate-completion-script fish",
  ].map { Case(0, $0) }

  /// Runs words where `M` stands for the model and `D` for its vectors, in an empty folder.
  private func run(_ words: String, _ environment: [String: String] = [:]) throws -> (
    Outcome, TemporaryFolder
  ) {
    let folder = try TemporaryFolder()
    let arguments = words.split(separator: " ", omittingEmptySubsequences: words.isEmpty).map {
      $0 == "M" || $0.hasPrefix("M/")
        ? Models.digitsModel + $0.dropFirst()
        : $0 == "D" || $0.hasPrefix("D/") ? Models.digits + $0.dropFirst() : String($0)
    }
    return (
      try Program.coppice(arguments, in: folder.path, environment: environment), folder
    )
  }

  @Test(arguments: usage) func wrongUsageEndsWith64(_ words: Case) throws {
    let (outcome, folder) = try run(words.words)
    #expect(outcome.status == 64)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.contains("Error: "))
    #expect(folder.names().isEmpty)
  }

  @Test(arguments: refused) func refusalsEndWithTwo(_ words: Case) throws {
    let (outcome, folder) = try run(words.words)
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("error["))
    #expect(folder.names().isEmpty)
  }

  @Test(arguments: done) func workEndsWithZero(_ words: Case) throws {
    let (outcome, _) = try run(words.words)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(!outcome.errors.contains("error["))
  }

  static let verbs = ["check M --data D", "run M --inputs D/test_data_set_0 --outputs out"]

  @Test(arguments: verbs) func aCompilerThatFailsEndsWithThree(_ words: String) throws {
    for environment in [["CC": "/bin/false"], ["CC": "gcc --bogus"], ["PATH": "/none"]] {
      let (outcome, folder) = try run(words, environment)
      #expect(outcome.status == 3)
      #expect(outcome.errors.contains("error[cc-failed]"))
      #expect(folder.names().isEmpty)
    }
  }

  @Test(arguments: verbs) func aProgramThatFailsEndsWithFour(_ words: String) throws {
    for body in ["exit 7", "kill -SEGV $$", "exit 0"] {
      let compiler = try TemporaryFolder()
      try compiler.write(
        """
        #!/bin/sh
        while [ "$1" != -o ]; do shift; done
        printf '#!/bin/sh\\n\(body)\\n' > "$2"
        chmod +x "$2"
        """, "cc")
      let (outcome, folder) = try run(words, ["CC": "sh \(compiler.path)/cc"])
      #expect(outcome.status == 4, "\(body)")
      #expect(outcome.errors.contains("error[program-failed]"))
      #expect(folder.names().isEmpty)
    }
  }

  @Test func wrongAnswersEndWithFour() throws {
    let (outcome, _) = try run(
      "check M --data D --tolerance 1e-5 --passes prune-magnitude{sparsity=0.9}")
    #expect(outcome.status == 4)
    #expect(outcome.text.contains("WRONG"))
  }
}
