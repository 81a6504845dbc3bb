import ArgumentParser
import Coppice
import CoppiceIR
import CoppiceJSON
import CoppiceLowering

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures a model under one or several pipelines, in turn.",
    discussion: """
      Contenders take turns in one run, forwards and backwards; medians and the medians of the rounds' \
      ratios are shown, in total and for each layer. On this machine the C is compiled by $CC with -O3 \
      -march=native. --target cortex-m4, cortex-m7 and cortex-m55 count instructions under QEMU, exactly: \
      that takes arm-none-eabi-gcc and qemu-system-arm.

        coppice bench kws.onnx --passes @default --passes '@default,prune-magnitude{sparsity=0.8},sparsify'
        coppice bench kws.onnx --against onnxruntime
      """)

  @OptionGroup var argument: ModelArgument

  @Option(
    help: ArgumentHelp(
      "A pipeline that takes part; may be repeated. The others are compared with the first.",
      valueName: "text"))
  var passes: [String] = []

  @Option(help: "Another program that runs the model as it is; $PYTHON must have it.")
  var against: Opponent?

  @Option(
    help: "What the code is for: this machine, or a core that QEMU emulates.",
    completion: .list(Target.allCases.map(\.name)), transform: { try knownTarget($0) })
  var target: Target?

  @Option(help: ArgumentHelp("How often each contender has its turn.", valueName: "n"))
  var rounds = 15

  @Option(
    help: ArgumentHelp(
      "A folder whose first recorded vector is the input; else noise.", valueName: "folder"),
    completion: .directory)
  var data: String?

  @Option(
    help: ArgumentHelp("Draw the layers into an SVG file.", valueName: "file"),
    completion: .file(extensions: ["svg"]))
  var svg: String?

  @OptionGroup var reading: ReadingArguments

  func validate() throws {
    if !(1...100_000).contains(rounds) {
      throw ValidationError("--rounds must be from 1 to 100000")
    }
  }

  func run() throws {
    var options = CompileOptions()
    options.target = target ?? Compiler.hostTarget
    reading.apply(to: &options)
    var wanted = BenchOptions()
    if !passes.isEmpty { wanted.pipelines = passes }
    wanted.includesRuntime = against == .onnxruntime
    (wanted.rounds, wanted.data) = (rounds, data)
    try reporting(asJSON: argument.json) {
      let watcher = Watcher(stage: { Terminal.progress($0) })
      let found = try Compiler(options, watcher: watcher).bench(argument.model, wanted)
      for diagnostic in found.diagnostics { Terminal.say(diagnostic) }
      let text = argument.json ? found.json.description : found.tables
      let set = OutputSet()
      if let svg { try set.add(svg, text: BenchChart(found).svg, sparing: [argument.model]) }
      try set.commit { () throws(Diagnostics) in try Terminal.confirm(text) }
    }
  }
}

/// What a model may be measured against.
enum Opponent: String, ExpressibleByArgument, CaseIterable {
  case onnxruntime
}

extension Benchmark {
  /// A cost in the unit's usual form.
  func shown(_ cost: Double) -> String {
    switch unit {
    case .nanoseconds: fixed(cost / 1000, digits: 2)
    case .instructions: "\(Int(cost))"
    }
  }

  private var column: String { unit == .nanoseconds ? "us" : "instructions" }

  /// The letter of a contender, under which it heads columns.
  func letter(_ index: Int) -> String {
    contenders[index].bytes == nil
      ? contenders[index].name : String(UnicodeScalar(UInt8(65 + index % 26)))
  }

  /// Totals, then layers.
  fileprivate var tables: String {
    let totals = contenders.indices.map(row)
    let total = Terminal.table(
      ["", column, "gain", "constants", "arena", "nonzero MACs", "pipeline"], totals,
      right: [1, 2, 3, 4, 5])
    let timed = contenders.indices.filter { contenders[$0].bytes != nil }
    let rows = layers.map { layer in
      [String(layer.name.prefix(48))]
        + timed.map { layer.costs[$0].map(shown) ?? "" }
        + timed.dropFirst().map { index in
          guard let first = layer.costs[0], let own = layer.costs[index], own > 0 else { return "" }
          return fixed(first / own, digits: 2)
        }
    }
    let titles =
      ["layer"] + timed.map { "\(letter($0)) \(column)" }
      + timed.dropFirst().map { "A / \(letter($0))" }
    return total + "\n\n" + Terminal.table(titles, rows, right: Set(1..<titles.count))
  }

  private func row(_ index: Int) -> [String] {
    let contender = contenders[index]
    let cost = [letter(index), shown(contender.cost), fixed(gain(index), digits: 2)]
    guard let bytes = contender.bytes else { return cost }
    let sizes = [bytes.constants, bytes.arena, contender.macs.nonzero].map(String.init)
    return cost + sizes + [contender.name]
  }

  fileprivate var json: JSON {
    .object([
      ("unit", .text(unit.rawValue)), ("target", .text(target)),
      ("contenders", .list(contenders.indices.map(contender))),
      (
        "layers",
        .list(
          layers.map { layer in
            .object([
              ("nodes", .text(layer.name)),
              ("costs", .list(layer.costs.map { $0.map { .number($0) } ?? .null })),
            ])
          })
      ), ("diagnostics", .diagnostics(diagnostics)),
    ])
  }

  private func contender(_ index: Int) -> JSON {
    let contender = contenders[index]
    let bytes: [(String, JSON)] =
      contender.bytes.map {
        [
          ("weights_bytes", .integer($0.constants)), ("arena_bytes", .integer($0.arena)),
          ("code_bytes_estimate", .integer($0.code)), ("macs", .integer(contender.macs.dense)),
          ("macs_nonzero", .integer(contender.macs.nonzero)),
        ]
      } ?? []
    return .object(
      [
        ("name", .text(contender.name)), ("median", .number(contender.cost)),
        ("gain", .number(gain(index))), ("rounds", .list(contender.costs.map { .number($0) })),
      ] + bytes)
  }
}
