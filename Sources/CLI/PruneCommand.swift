import ArgumentParser
import Coppice
import CoppiceIR
import CoppiceJSON
import CoppicePassManager

struct PruneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune", abstract: "Runs passes on a model and writes it back as ONNX.",
    discussion: """
      Examples:
        coppice prune kws.onnx -o small.onnx --passes 'prune-magnitude{sparsity=0.8}'
        coppice prune kws.onnx -o small.onnx --passes '@cleanup,prune-filters{sparsity=0.4}' \
          --masks masks.safetensors
      """)

  @OptionGroup var argument: ModelArgument

  @Option(
    name: [.short, .customLong("output")],
    help: ArgumentHelp("The ONNX file to write.", valueName: "file"),
    completion: .file(extensions: ["onnx"]))
  var output: String

  @Option(
    help: ArgumentHelp("Write masks of 0 and 1 to a safetensors file.", valueName: "file"),
    completion: .file(extensions: ["safetensors"]))
  var masks: String?

  @OptionGroup var pipeline: PipelineArguments
  @OptionGroup var auditing: AuditArguments

  func run() throws {
    var options = CompileOptions()
    pipeline.apply(to: &options)
    options.audit = auditing.audit
    try reporting(asJSON: argument.json) {
      let compiler = Compiler(options, watcher: watcher(pipeline, asJSON: argument.json))
      _ = try compiler.prune(argument.model, to: output, masks: masks) {
        (model) throws(Diagnostics) in
        sayPasses(model, model.diagnostics, timed: pipeline.timePasses)
        try Terminal.confirm(argument.json ? json(model).description : table(model))
      }
    }
  }

  private func table(_ model: OptimizedModel) -> String {
    Terminal.table(
      ["weight", "type", "nonzeros", "zeros"],
      model.weights.map {
        [
          $0.name, $0.type.description, "\($0.nonzeros)",
          percent(zerosOf: $0.nonzeros, $0.type.count),
        ]
      }, right: [2, 3])
  }

  private func json(_ model: OptimizedModel) -> JSON {
    .object([
      ("output", .text(output)), ("pipeline", .text(model.pipeline)),
      ("weights", .list(model.weights.map { .object(weight($0.name, $0.type, $0.nonzeros)) })),
      ("reports", reports(model.context)),
      ("diagnostics", .diagnostics(model.diagnostics)),
    ])
  }
}

/// A weight and its nonzeros as JSON.
func weight(_ name: String, _ type: TensorType, _ nonzeros: Int) -> [(String, JSON)] {
  [
    ("name", .text(name)), ("type", .text(type.element.rawValue)),
    ("shape", .integers(type.shape)), ("elements", .integer(type.count)),
    ("nonzeros", .integer(nonzeros)),
  ]
}
