import ArgumentParser
import Coppice
import CoppiceC
import CoppiceIR
import CoppiceJSON
import CoppiceLowering
import CoppicePassManager

struct CompileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compile", abstract: "Compiles a model to C.",
    discussion: """
      Writes NAME.h, NAME.c, NAME.json and NAME_selftest.c.

      Examples:
        coppice compile kws.onnx -o out --name kws --target cortex-m4
        coppice compile kws.onnx -o out --passes '@default,prune-magnitude{sparsity=0.8},sparsify'
        coppice compile kws.onnx -o out --dim batch=1 --ram 24K --flash 128K --weights split
      """)

  @OptionGroup var argument: ModelArgument

  @Option(
    name: [.short, .customLong("output")],
    help: ArgumentHelp("The folder for the C; created when it is not there.", valueName: "dir"),
    completion: .directory)
  var output: String

  @OptionGroup var target: TargetArguments
  @OptionGroup var pipeline: PipelineArguments
  @OptionGroup var auditing: AuditArguments

  @Option(
    help: ArgumentHelp(
      "Record the vectors of a folder in the self-test.", valueName: "dir"),
    completion: .directory)
  var vectors: [String] = []

  @Option(
    help: "The tolerance of recorded float outputs in the self-test, relative to the largest.")
  var tolerance = Tolerance(1e-5)

  @Flag(help: "Print every kernel that was considered for each layer.")
  var explain = false

  func run() throws {
    var options = CompileOptions()
    pipeline.apply(to: &options)
    options.audit = auditing.audit
    target.apply(to: &options)
    options.vectors = vectors
    options.explains = explain
    options.tolerance = tolerance.value
    try reporting(asJSON: argument.json) {
      let compiled = try Compiler(options, watcher: watcher(pipeline, asJSON: argument.json))
        .compile(argument.model)
      Terminal.progress("writing \(output)")
      try compiled.write(to: output) { () throws(Diagnostics) in
        sayPasses(compiled.optimized, compiled.diagnostics, timed: pipeline.timePasses)
        try Terminal.confirm(argument.json ? json(compiled).description : summary(compiled))
      }
    }
  }

  private func summary(_ model: CompiledModel) -> String {
    let files = model.generated.files.map { "\(output)/\($0.name)" }
    let plans = explain ? planTable(model.plans) + "\n" : ""
    return plans + files.joined(separator: "\n") + "\n"
      + Terminal.table(
        ["what", "value"], [["pipeline", model.optimized.pipeline]] + costRows(model))
  }

  private func json(_ model: CompiledModel) -> JSON {
    .object(
      [
        ("name", .text(model.name)),
        ("files", .list(model.generated.files.map { .text("\(output)/\($0.name)") })),
        ("pipeline", .text(model.optimized.pipeline)),
      ] + costs(model) + (explain ? [("plans", plansJSON(model.plans))] : []) + [
        ("reports", reports(model.optimized.context)),
        ("diagnostics", .diagnostics(model.diagnostics)),
      ])
  }
}
