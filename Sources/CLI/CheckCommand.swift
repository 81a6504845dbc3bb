import ArgumentParser
import Coppice
import CoppiceIR

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Compares a compiled model's answers with recorded ones.",
    discussion: """
      Each folder holds input_K.pb and output_K.pb (or .npy), or folders called test_data_set_K that \
      do. MODEL stands before --data. The status is 4 when an answer is wrong.
      """)

  @OptionGroup var argument: ModelArgument

  @Option(
    parsing: .upToNextOption, help: "Folders with recorded tensors.", completion: .directory)
  var data: [String]

  @Option(help: "The tolerance of float outputs, relative to the largest.")
  var tolerance = Tolerance(1e-5)

  @OptionGroup var target: TargetArguments
  @OptionGroup var pipeline: PipelineArguments

  func run() throws {
    var options = CompileOptions()
    pipeline.apply(to: &options)
    target.apply(to: &options, fallback: Compiler.hostTarget)
    options.tolerance = tolerance.value
    try reporting(asJSON: argument.json) {
      let compiler = Compiler(options, watcher: watcher(pipeline, asJSON: argument.json))
      let (rows, diagnostics) = try compiler.check(argument.model, data: data)
      for diagnostic in diagnostics { Terminal.say(diagnostic) }
      let wrong = rows.filter { !$0.isClose }.count
      try Terminal.output(
        argument.json ? json(rows, diagnostics).description : table(rows))
      if wrong > 0 {
        let fault = HostFault.program("\(wrong) of \(rows.count) outputs are not as recorded")
        throw ExitCode(say(Failure(fault), asJSON: false))
      }
    }
  }

  private func table(_ rows: [OutputComparison]) -> String {
    Terminal.table(
      ["vector", "output", "largest difference", "relative", "verdict"],
      rows.map {
        [
          $0.vector, $0.output, "\($0.largestDifference)", "\($0.relativeDifference)",
          $0.isClose ? "ok" : "WRONG",
        ]
      }, right: [2, 3])
  }

  private func json(_ rows: [OutputComparison], _ diagnostics: [Diagnostic]) -> JSON {
    .object([
      ("ok", .flag(rows.allSatisfy { $0.isClose })), ("outputs", .list(rows.map(row))),
      ("diagnostics", .diagnostics(diagnostics)),
    ])
  }

  private func row(_ row: OutputComparison) -> JSON {
    .object([
      ("vector", .text(row.vector)), ("output", .text(row.output)),
      ("largest_difference", .number(row.largestDifference)),
      ("relative_difference", .number(row.relativeDifference)), ("ok", .flag(row.isClose)),
    ])
  }
}
