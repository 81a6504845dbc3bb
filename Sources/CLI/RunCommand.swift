import ArgumentParser
import Coppice
import CoppiceIR
import CoppiceJSON

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Compiles a model for this machine and runs it on tensors in files.",
    discussion: """
      The C compiler is $CC, or cc. The target is this machine unless --target is given.

      Example:
        coppice run kws.onnx --inputs samples --outputs answers --format npy
      """
  )

  @OptionGroup var argument: ModelArgument

  @Option(help: "The folder with input_K.pb or input_K.npy.", completion: .directory)
  var inputs: String

  @Option(help: "The folder for output_K.pb or output_K.npy.", completion: .directory)
  var outputs: String

  @Option(help: "The format of the outputs.")
  var format = TensorFormat.pb

  @Flag(help: "Run loop IR by the interpreter instead of C: slow, needs no C compiler.")
  var interpret = false

  @OptionGroup var target: TargetArguments
  @OptionGroup var pipeline: PipelineArguments

  func run() throws {
    var options = CompileOptions()
    pipeline.apply(to: &options)
    target.apply(to: &options, fallback: Compiler.hostTarget)
    try reporting(asJSON: argument.json) {
      let compiler = Compiler(options, watcher: watcher(pipeline, asJSON: argument.json))
      try compiler.run(
        argument.model, inputs: inputs, outputs: outputs, format: format, interpreting: interpret
      ) {
        (diagnostics) throws(Diagnostics) in
        for diagnostic in diagnostics { Terminal.say(diagnostic) }
        guard argument.json else { return }
        try Terminal.confirm(
          JSON.object([
            ("outputs", .text(outputs)), ("diagnostics", .diagnostics(diagnostics)),
          ]).description)
      }
    }
  }
}
