import ArgumentParser
import Coppice
import CoppiceC
import CoppiceIR
import CoppiceLowering
import CoppiceONNX

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
    try reporting(asJSON: argument.json) {
      let compiler = Compiler(options, watcher: watcher(pipeline, asJSON: argument.json))
      let inspection = try compiler.inspect(argument.model)
      try Terminal.output(argument.json ? json(inspection).description : text(inspection))
      for diagnostic in inspection.diagnostics { Terminal.say(diagnostic) }
      if inspection.isRefused { throw ExitCode(2) }
    }
  }

  private func text(_ model: Inspection) -> String {
    let ports =
      model.inputs.map { ["input", $0.name, type($0)] }
      + model.outputs.map { ["output", $0.name, type($0)] }
    let weights = model.weights.map {
      [
        $0.name, $0.type.description, "\($0.type.count)", "\($0.nonzeros)",
        percent(zerosOf: $0.nonzeros, $0.type.count),
      ]
    }
    let operators = model.operators.map { [$0.name, "\($0.count)"] }
    return [
      Terminal.table(["port", "name", "type"], ports),
      Terminal.table(["operator", "count"], operators, right: [1]),
      Terminal.table(
        ["weight", "type", "elements", "nonzeros", "zeros"], weights, right: [2, 3, 4]),
      Terminal.table(["alive at the peak", "bytes"], peak(model), right: [1]),
      Terminal.table(["forecast", "value"], forecast(model)),
    ].filter { !$0.isEmpty }.joined(separator: "\n\n")
  }

  private func type(_ port: ModelSurvey.Port) -> String {
    guard let element = port.element else { return "unknown" }
    return element.shortName + (port.shape.map { "[\($0.joined(separator: ","))]" } ?? "[?]")
  }

  private func peak(_ model: Inspection) -> [[String]] {
    model.compiled?.lowered.plan.peak.map { [$0.name, "\($0.bytes)"] } ?? []
  }

  private func forecast(_ model: Inspection) -> [[String]] {
    let parameters = ["parameters", "\(model.parameters)"]
    guard let compiled = model.compiled else { return [parameters] }
    let (plan, generated) = (compiled.lowered.plan, compiled.generated)
    return [
      ["RAM (arena)", "\(plan.arenaBytes) bytes, lower bound \(plan.lowerBound)"],
      ["flash (constants)", "\(generated.weightsBytes) bytes"],
      ["flash (code, estimate)", "\(compiled.codeEstimate) bytes"],
      ["MACs", "\(generated.macs.dense), nonzero \(generated.macs.nonzero)"],
      parameters,
    ]
  }

  private func json(_ model: Inspection) -> JSON {
    .object(
      [
        ("inputs", .list(model.inputs.map { port($0) })),
        ("outputs", .list(model.outputs.map { port($0) })),
        ("operators", .object(model.operators.map { ($0.name, .integer($0.count)) })),
        ("parameters", .integer(model.parameters)),
        ("weights", .list(model.weights.map { weight($0.name, $0.type, $0.nonzeros) })),
      ] + (model.compiled.map(costs) ?? []) + [("diagnostics", .diagnostics(model.diagnostics))])
  }

  private func port(_ port: ModelSurvey.Port) -> JSON {
    let extents = port.shape?.map { text in Int(text).map { .integer($0) } ?? JSON.text(text) }
    return .object([
      ("name", .text(port.name)), ("type", port.element.map { .text($0.rawValue) } ?? .null),
      ("shape", extents.map { .list($0) } ?? .null),
    ])
  }
}
