import ArgumentParser
import Coppice
import CoppiceC
import CoppiceIR
import CoppiceLowering
import CoppicePassManager

struct CompileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compile", abstract: "Compiles a model to C.")

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
    let plan = model.lowered.plan
    let generated = model.generated
    let plans = explain ? planTable(model.plans) + "\n" : ""
    return plans
      + Terminal.table(
        ["what", "value"],
        [
          ["files", generated.files.map { "\(output)/\($0.name)" }.joined(separator: " ")],
          ["pipeline", model.optimized.pipeline],
          ["RAM (arena)", "\(plan.arenaBytes) bytes, lower bound \(plan.lowerBound)"],
          [
            "flash (constants)",
            "\(generated.weightsBytes) bytes, dense \(generated.weightsDenseBytes)",
          ],
          ["flash (code, estimate)", "\(model.codeEstimate) bytes"],
          ["MACs", "\(generated.macs.dense), nonzero \(generated.macs.nonzero)"],
        ])
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
