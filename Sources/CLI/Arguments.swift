public import ArgumentParser
public import Coppice
public import CoppiceC
public import CoppiceIR
import CoppiceLowering
import CoppicePassManager

extension WeightsPlacement: ExpressibleByArgument {}
extension Requantization.Form: ExpressibleByArgument {}
extension PortType: ExpressibleByArgument {}
extension TensorFormat: ExpressibleByArgument {}

/// How a model is read and what passes there are, shared by all verbs that run some.
struct ReadingArguments: ParsableArguments {
  @Option(
    name: .customLong("dim"),
    help: ArgumentHelp("Sets a dynamic dimension of the inputs.", valueName: "name=n"),
    transform: Dimension.init)
  var dimensions: [Dimension] = []

  @Option(
    name: .customLong("limit"),
    help: ArgumentHelp("\(LimitSetting.help)", valueName: "name=n"), transform: LimitSetting.init)
  var limits: [LimitSetting] = []

  @Option(
    help: "How sums of quantized numbers are rounded: fast (the default), or as onnxruntime does.")
  var requantize: Requantization.Form?

  @Option(
    name: .customLong("load-pass-plugin"),
    help: ArgumentHelp("Load passes from a shared library.", valueName: "file"),
    completion: .file(extensions: ["so"]))
  var plugins: [String] = []

  func validate() throws {
    for (index, dimension) in dimensions.enumerated()
    where dimensions[..<index].contains(where: { $0.name == dimension.name }) {
      throw ValidationError("--dim sets '\(dimension.name)' twice")
    }
  }

  func apply(to options: inout CompileOptions) {
    options.requantization = requantize
    for dimension in dimensions { options.dimensions[dimension.name] = dimension.extent }
    for limit in limits { _ = limit.setting.value(&options.limits, limit.value) }
    options.plugins = plugins
  }
}

/// The options of passes, shared by the verbs that run one pipeline.
struct PipelineArguments: ParsableArguments {
  @Option(help: "The whole pipeline, such as '@default,prune-magnitude{sparsity=0.8},sparsify'.")
  var passes = "@default"

  @OptionGroup var reading: ReadingArguments

  @Flag(help: "Check the graph after each pass.")
  var verifyEach = false

  @Flag(help: "Print the graph to stderr after each pass that changed it.")
  var printAfterChanged = false

  @Flag(help: "Print the time of each pass to stderr.")
  var timePasses = false

  @Option(help: ArgumentHelp("Stop rewriting after so many rewrites.", valueName: "n"))
  var maxRewrites: Int?

  func validate() throws {
    if let maxRewrites, maxRewrites < 0 {
      throw ValidationError("--max-rewrites must not be negative")
    }
  }

  func apply(to options: inout CompileOptions) {
    reading.apply(to: &options)
    options.passes = passes
    options.verifiesEach = verifyEach
    options.maxRewrites = maxRewrites
  }
}

/// What the verbs that write a pruned model can account for.
struct AuditArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Write the score, the rank and the fate of each unit that pruning judged, as JSON.",
      valueName: "file"),
    completion: .file(extensions: ["json"]))
  var audit: String?
}

/// The options of `compile` that other verbs take too.
struct TargetArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What the code is for: \(Target.allCases.map(\.name).joined(separator: ", ")).",
      valueName: "target"), completion: .list(Target.allCases.map(\.name)),
    transform: { try knownTarget($0) })
  var target: Target?

  @Option(
    help: "Where constants go: into NAME.c (the default), NAME_weights.c or NAME_weights.bin.")
  var weights: WeightsPlacement?

  @Option(
    help: ArgumentHelp(
      "The prefix of symbols and files; made from the model's file name when it is not given.",
      valueName: "name"))
  var name: String?

  @Option(
    help: ArgumentHelp(
      "Inputs and outputs of a quantized model: as in the model (the default), or floats, which "
        + "the code converts.", valueName: "type"))
  var ioType = PortType.model

  @Option(
    help: ArgumentHelp("Refuse an arena of more bytes; K and M may follow.", valueName: "bytes"),
    transform: byteCount)
  var ram: ByteCount?

  @Option(
    help: ArgumentHelp(
      "Refuse more bytes of constants and code; K and M may follow.", valueName: "bytes"),
    transform: byteCount)
  var flash: ByteCount?

  func validate() throws {
    if let name, !isModelName(name) {
      throw ValidationError(
        "'\(name)' cannot start C symbols: use at most 64 letters, digits and _, starting with a "
          + "letter, and no word that C or its library uses")
    }
  }

  func apply(to options: inout CompileOptions, fallback: Target = .generic) {
    options.target = target ?? fallback
    options.weights = weights
    options.name = name ?? ""
    options.portType = ioType
    options.ramLimit = ram?.bytes
    options.flashLimit = flash?.bytes
  }
}

/// Reads a number of bytes.
func byteCount(_ text: String) throws -> ByteCount {
  if let count = ByteCount(text) { return count }
  throw ValidationError("bytes are a whole number such as 30720, 30K or 1M")
}

/// Finds a target by its name.
func knownTarget(_ name: String) throws -> Target {
  if let target = Target(named: name) { return target }
  let names = Target.allCases.map(\.name)
  let near = suggestion(name, names).map { "; \($0)" } ?? "."
  throw ValidationError(
    "there is no target '\(name)'\(near) The targets are \(names.joined(separator: ", ")); for "
      + "any other processor take 'generic', which is C99 for each of them")
}

/// The model file.
struct ModelArgument: ParsableArguments {
  @Argument(help: "The ONNX model.", completion: .file(extensions: ["onnx"]))
  var model: String

  @Flag(help: "Print JSON to stdout.")
  var json = false
}
