import ArgumentParser
import Coppice
import CoppiceC
import CoppiceIR
import CoppiceJSON
import CoppiceLowering
import CoppiceONNX

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Shows a model's operators, weights and layers, and forecasts its RAM and flash.",
    discussion: """
      Examples:
        coppice inspect kws.onnx --target cortex-m4
        coppice inspect kws.onnx --passes '@default,prune-filters{sparsity=0.4},sparsify' --json
      """)

  @OptionGroup var argument: ModelArgument
  @OptionGroup var target: TargetArguments
  @OptionGroup var pipeline: PipelineArguments

  private var options: CompileOptions {
    var options = CompileOptions()
    pipeline.apply(to: &options)
    target.apply(to: &options)
    return options
  }

  func run() throws {
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
    let operators = model.operators.map { [$0.name, "\($0.count)"] }
    return [
      Terminal.table(["port", "name", "type"], ports),
      Terminal.table(["operator", "count"], operators, right: [1]),
      weights(model), model.compiled.map { layerTable($0.generated.layers) } ?? "",
      Terminal.table(["alive at the peak", "bytes"], peak(model), right: [1]),
      Terminal.table(["forecast", "value"], forecast(model)),
    ].filter { $0.contains("\n") }.joined(separator: "\n\n")
  }

  /// The weights as the file has them, beside what the pipeline makes of them.
  private func weights(_ model: Inspection) -> String {
    let after = Dictionary(model.weightsAfter.map { ($0.name, $0) }) { first, _ in first }
    let known = Set(model.weights.map(\.name))
    let kept = model.weights.map { weight in
      [weight.name, weight.type.description, zeros(weight.nonzeros, weight.type)]
        + (after[weight.name].map(cells) ?? (model.compiled == nil ? [] : ["gone"]))
    }
    let made = model.weightsAfter.filter { !known.contains($0.name) }.map {
      [$0.name, "", ""] + cells($0)
    }
    return Terminal.table(
      ["weight", "in the file", "zeros", "after the pipeline", "zeros", "storage", "bytes"],
      kept + made, right: [2, 4, 6])
  }

  private func cells(_ weight: CompiledWeight) -> [String] {
    [
      weight.type.description, zeros(weight.nonzeros, weight.type), weight.storage,
      weight.bytes > 0 ? "\(weight.bytes)" : "",
    ]
  }

  private func zeros(_ nonzeros: Int, _ type: TensorType) -> String {
    percent(zerosOf: nonzeros, type.count)
  }

  private func type(_ port: ModelSurvey.Port) -> String {
    guard let element = port.element else { return "unknown" }
    return element.shortName + (port.shape.map { "[\($0.joined(separator: ","))]" } ?? "[?]")
  }

  private func peak(_ model: Inspection) -> [[String]] {
    model.compiled?.lowered.plan.peak.map { [$0.name, "\($0.bytes)"] } ?? []
  }

  private func forecast(_ model: Inspection) -> [[String]] {
    let after = model.parametersAfter.map { ", \($0) after the pipeline" } ?? ""
    let parameters = ["parameters", "\(model.parameters) in the file\(after)"]
    return (model.compiled.map(costRows) ?? []) + [parameters]
  }

  private func json(_ model: Inspection) -> JSON {
    .object(
      [
        ("inputs", .list(model.inputs.map { port($0) })),
        ("outputs", .list(model.outputs.map { port($0) })),
        ("operators", .object(model.operators.map { ($0.name, .integer($0.count)) })),
        ("parameters", .integer(model.parameters)),
        ("weights", .list(model.weights.map { .object(weight($0.name, $0.type, $0.nonzeros)) })),
      ] + (model.compiled.map { forecast(model, $0) } ?? []) + [
        ("diagnostics", .diagnostics(model.diagnostics))
      ])
  }

  private func forecast(_ model: Inspection, _ compiled: CompiledModel) -> [(String, JSON)] {
    let after = model.weightsAfter.map {
      JSON.object(
        weight($0.name, $0.type, $0.nonzeros)
          + [("storage", .text($0.storage)), ("bytes", .integer($0.bytes))])
    }
    return [
      ("target", .text(options.target.name)), ("pipeline", .text(compiled.optimized.pipeline)),
      ("parameters_after", model.parametersAfter.map { .integer($0) } ?? .null),
      ("weights_after", .list(after)),
    ] + costs(compiled) + [("layers", .list(compiled.generated.layers.map(\.json)))]
  }

  private func port(_ port: ModelSurvey.Port) -> JSON {
    let extents = port.shape?.map { text in Int(text).map { .integer($0) } ?? JSON.text(text) }
    return .object([
      ("name", .text(port.name)), ("type", port.element.map { .text($0.rawValue) } ?? .null),
      ("shape", extents.map { .list($0) } ?? .null),
    ])
  }
}
