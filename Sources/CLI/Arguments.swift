public import ArgumentParser
public import Coppice
public import CoppiceC
public import CoppiceIR

extension Target: ExpressibleByArgument {}
extension WeightsPlacement: ExpressibleByArgument {}
extension TensorFormat: ExpressibleByArgument {}

/// A number of bytes such as `65536`, `64K` or `1M`.
struct ByteCount: ExpressibleByArgument {
  var bytes: Int

  init?(argument: String) {
    var digits = argument
    var unit = 1
    switch argument.last {
    case "K", "k": unit = 1024
    case "M", "m": unit = 1024 * 1024
    default: break
    }
    if unit > 1 { digits.removeLast() }
    guard let number = Int(digits), number >= 0 else { return nil }
    let (product, overflows) = number.multipliedReportingOverflow(by: unit)
    guard !overflows else { return nil }
    bytes = product
  }
}

/// `NAME=N`: the extent of a dynamic dimension.
struct Dimension: ExpressibleByArgument {
  var name: String
  var extent: Int

  init?(argument: String) {
    guard let split = argument.lastIndex(of: "="), split != argument.startIndex,
      let extent = Int(argument[argument.index(after: split)...]), extent >= 0
    else { return nil }
    name = String(argument[..<split])
    self.extent = extent
  }
}

/// The options of passes, shared by the verbs that run them.
struct PipelineArguments: ParsableArguments {
  @Option(help: "The whole pipeline, such as '@default,prune-magnitude{sparsity=0.8},sparsify'.")
  var passes = "@default"

  @Option(
    name: .customLong("dim"),
    help: ArgumentHelp("Sets a dynamic dimension of the inputs.", valueName: "name=n"))
  var dimensions: [Dimension] = []

  @Flag(help: "Check the graph after each pass.")
  var verifyEach = false

  @Flag(help: "Print the graph to stderr after each pass that changed it.")
  var printAfterChanged = false

  @Flag(help: "Print the time of each pass to stderr.")
  var timePasses = false

  @Option(help: ArgumentHelp("Stop rewriting after so many rewrites.", valueName: "n"))
  var maxRewrites: Int?

  @Option(
    name: .customLong("load-pass-plugin"),
    help: ArgumentHelp("Load passes from a shared library.", valueName: "file"),
    completion: .file(extensions: ["so"]))
  var plugins: [String] = []

  func validate() throws {
    if let maxRewrites, maxRewrites < 0 {
      throw ValidationError("--max-rewrites must not be negative")
    }
  }

  func apply(to options: inout CompileOptions) {
    options.passes = passes
    for dimension in dimensions { options.dimensions[dimension.name] = dimension.extent }
    options.verifiesEach = verifyEach
    options.maxRewrites = maxRewrites
    options.plugins = plugins
  }
}

/// The options of `compile` that other verbs take too.
struct TargetArguments: ParsableArguments {
  @Option(help: "What the code is for.")
  var target: Target?

  @Option(help: "Where constants go: into NAME.c, NAME_weights.c or NAME_weights.bin.")
  var weights = WeightsPlacement.inline

  @Option(help: ArgumentHelp("The prefix of symbols and files.", valueName: "name"))
  var name = ""

  @Option(
    help: ArgumentHelp("Refuse an arena of more bytes; K and M may follow.", valueName: "bytes"))
  var ram: ByteCount?

  @Option(
    help: ArgumentHelp(
      "Refuse more bytes of constants and code; K and M may follow.", valueName: "bytes"))
  var flash: ByteCount?

  func apply(to options: inout CompileOptions, fallback: Target = .generic) {
    options.target = target ?? fallback
    options.weights = weights
    options.name = name
    options.ramLimit = ram?.bytes
    options.flashLimit = flash?.bytes
  }
}

/// The model file.
struct ModelArgument: ParsableArguments {
  @Argument(help: "The ONNX model.", completion: .file(extensions: ["onnx"]))
  var model: String

  @Flag(help: "Print JSON to stdout.")
  var json = false
}
