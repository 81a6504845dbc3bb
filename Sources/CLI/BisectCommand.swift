import ArgumentParser
import Coppice
import CoppiceIR
import CoppiceJSON

struct BisectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bisect",
    abstract: "Finds the single rewrite of a pipeline that breaks an answer.",
    discussion: """
      Answers are those of --data, or the model's before the pipeline. The rewrite is printed with \
      the graph before and after, and written as a reproducer, which 'coppice bisect FILE.ir' replays. \
      The status is 4 when there is one.

      Examples:
        coppice bisect kws.onnx --passes '@default'
        coppice bisect kws.onnx --passes 'my-pass' --load-pass-plugin my.so --data samples
        coppice bisect kws-bisect.ir
      """)

  @OptionGroup var argument: ModelArgument

  @Option(
    parsing: .upToNextOption, help: "Folders with recorded tensors.", completion: .directory)
  var data: [String] = []

  @Option(help: "How far float outputs may be off, relative to the largest.")
  var tolerance = Tolerance(1e-5)

  @Option(
    name: [.short, .customLong("output")],
    help: ArgumentHelp(
      "Where the reproducer goes; NAME-bisect.ir by default.", valueName: "file"),
    completion: .file(extensions: ["ir"]))
  var output: String?

  @OptionGroup var pipeline: PipelineArguments

  func run() throws {
    var options = CompileOptions()
    pipeline.apply(to: &options)
    options.tolerance = tolerance.value
    try reporting(asJSON: argument.json) {
      let compiler = Compiler(options, watcher: watcher(pipeline, asJSON: argument.json))
      let found = try compiler.bisect(argument.model, data: data)
      for diagnostic in found.diagnostics { Terminal.say(diagnostic) }
      let file = try found.wrong.flatMap { try write($0) }
      try Terminal.output(argument.json ? json(found, file).description : text(found, file))
      if let wrong = found.wrong {
        Terminal.say(Diagnostic(.error, .wrongRewrite(wrong)))
        throw ExitCode(4)
      }
    }
  }

  /// Writes the reproducer, unless it is what was replayed.
  private func write(_ wrong: WrongRewrite) throws -> String? {
    if argument.model.hasSuffix(".ir"), output == nil { return nil }
    let stem = argument.model.split(separator: "/").last?.split(separator: ".").first ?? "model"
    let path = output ?? "\(stem)-bisect.ir"
    try wrong.write(to: path, sparing: [argument.model])
    return path
  }

  private func text(_ found: Bisection, _ file: String?) -> String {
    guard let wrong = found.wrong else {
      return "No rewrite breaks an answer: \(found.rewrites) were made."
    }
    let deviation = wrong.deviation
    return """
      rewrite    \(wrong.number) of \(found.rewrites)
      pass       \(wrong.pass)
      output     \(wrong.output): off by \(digits(deviation.largest)), \
      \(digits(deviation.relative)) of the largest
      reproducer \(file ?? argument.model)

      before:
      \(wrong.before.text())
      after:
      \(wrong.after.text())
      """
  }

  private func json(_ found: Bisection, _ file: String?) -> JSON {
    var fields: [(String, JSON)] = [
      ("ok", .flag(found.wrong == nil)), ("rewrites", .integer(found.rewrites)),
    ]
    if let wrong = found.wrong {
      fields += [
        ("rewrite", .integer(wrong.number)), ("pass", .text(wrong.pass)),
        ("approximate", .flag(wrong.isApproximate)),
        ("output", .text(wrong.output)), ("largest_difference", .number(wrong.deviation.largest)),
        ("relative_difference", .number(wrong.deviation.relative)),
        ("before", .text(wrong.before.text())), ("after", .text(wrong.after.text())),
        ("reproducer", file.map { .text($0) } ?? .null),
      ]
    }
    return .object(fields + [("diagnostics", .diagnostics(found.diagnostics))])
  }
}

extension DiagnosticMessage {
  fileprivate static func wrongRewrite(_ wrong: WrongRewrite) -> Self {
    Self(
      "wrong-rewrite",
      "rewrite \(wrong.number), by '\(wrong.pass)', breaks output '\(wrong.output)'; "
        + (wrong.isApproximate
          ? "an approximate pass may: --tolerance passes over what is no further off"
          : "take the pass out by '!NAME', and report the reproducer"))
  }
}
