import ArgumentParser
import Coppice
import CoppiceC
import CoppiceIR

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Shows a model's operators, weights and sparsity, and forecasts its RAM and flash.")

  @OptionGroup var argument: ModelArgument
  @OptionGroup var target: TargetArguments
  @OptionGroup var pipeline: PipelineArguments

  func run() throws {
    var options = CompileOptions()
    pipeline.apply(to: &options)
    target.apply(to: &options)
    try reporting {
      let compiler = Compiler(options, watcher: watcher(pipeline))
      let inspection = try compiler.inspect(argument.model)
      for diagnostic in inspection.diagnostics { Terminal.say(diagnostic) }
      Terminal.output(argument.json ? json(inspection).description : text(inspection))
    }
  }

  private func text(_ model: Inspection) -> String {
    let ports =
      model.inputs.map { ["input", $0.name, $0.type.description] }
      + model.outputs.map { ["output", $0.name, $0.type.description] }
    let weights = model.weights.map {
      [
        $0.name, $0.type.description, "\($0.type.count)", "\($0.nonzeros)",
        percent(zerosOf: $0.nonzeros, $0.type.count),
      ]
    }
    let generated = model.compiled.generated
    let forecast = [
      ["RAM (arena)", "\(model.arenaBytes) bytes, lower bound \(model.arenaLowerBound)"],
      ["flash (constants)", "\(generated.weightsBytes) bytes"],
      ["flash (code, estimate)", "\(model.compiled.codeEstimate) bytes"],
      ["MACs", "\(generated.macs.dense), nonzero \(generated.macs.nonzero)"],
      ["parameters", "\(model.parameters)"],
    ]
    let peak = model.peak.map { [$0.name, "\($0.bytes)"] }
    let operators = model.operators.map { [$0.name, "\($0.count)"] }
    return [
      Terminal.table(["port", "name", "type"], ports),
      Terminal.table(["operator", "count"], operators, right: [1]),
      Terminal.table(
        ["weight", "type", "elements", "nonzeros", "zeros"], weights, right: [2, 3, 4]),
      Terminal.table(["alive at the peak", "bytes"], peak, right: [1]),
      Terminal.table(["forecast", "value"], forecast),
    ].filter { !$0.isEmpty }.joined(separator: "\n\n")
  }

  private func json(_ model: Inspection) -> JSON {
    .object(
      [
        ("inputs", .list(model.inputs.map { .port($0) })),
        ("outputs", .list(model.outputs.map { .port($0) })),
        ("operators", .object(model.operators.map { ($0.name, .integer($0.count)) })),
        ("parameters", .integer(model.parameters)),
        ("weights", .list(model.weights.map { weight($0.name, $0.type, $0.nonzeros) })),
      ] + costs(model.compiled) + [("diagnostics", .diagnostics(model.diagnostics))])
  }
}
