import ArgumentParser
import Coppice
import CoppiceIR
import CoppiceJSON

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Compares a compiled model's answers with recorded ones.",
    discussion: """
      Each folder holds input_K.pb and output_K.pb (or .npy), or folders called test_data_set_K that \
      do. MODEL stands before --data. The status is 4 when an answer is wrong; with approximate passes \
      differences are reported beside those of the dense model, and the status is 4 only for those beyond \
      a --tolerance that was given.

        coppice check kws.onnx --data samples
        coppice check kws.onnx --data samples --passes '@default,prune-magnitude{sparsity=0.8}'
      """)

  @OptionGroup var argument: ModelArgument

  @Option(
    parsing: .upToNextOption, help: "Folders with recorded tensors.", completion: .directory)
  var data: [String]

  @Option(
    help: "The tolerance of float outputs, relative to the largest (1e-05 with exact passes).")
  var tolerance: Tolerance?

  @OptionGroup var target: TargetArguments
  @OptionGroup var pipeline: PipelineArguments

  func run() throws {
    var options = CompileOptions()
    pipeline.apply(to: &options)
    target.apply(to: &options, fallback: Compiler.hostTarget)
    options.tolerance = tolerance?.value ?? options.tolerance
    options.toleratesApproximation = tolerance == nil
    try reporting(asJSON: argument.json) {
      let compiler = Compiler(options, watcher: watcher(pipeline, asJSON: argument.json))
      let (rows, diagnostics) = try compiler.check(argument.model, data: data)
      for diagnostic in diagnostics { Terminal.say(diagnostic) }
      let wrong = rows.filter { $0.verdict == .wrong }.count
      try Terminal.output(
        argument.json ? json(rows, diagnostics).description : text(rows))
      if wrong > 0 {
        let fault = HostFault.program("\(wrong) of \(rows.count) outputs are not as recorded")
        throw ExitCode(say(Failure(fault), asJSON: false))
      }
    }
  }

  private func text(_ rows: [OutputComparison]) -> String {
    let table = Terminal.table(
      ["vector", "output", "difference", "relative", "RMSE", "same largest", "verdict"],
      rows.map { [$0.vector, $0.output] + figures($0.deviation) + [verdict($0)] },
      right: [2, 3, 4, 5])
    let isDense = rows.contains { $0.dense != nil }
    guard isDense || rows.count > 1 else { return table }
    var seen: Set<String> = []
    let outputs = rows.map(\.output).filter { seen.insert($0).inserted }
    let sums = outputs.flatMap { output in
      let own = rows.filter { $0.output == output }
      let dense = own.compactMap(\.dense)
      return [[output, isDense ? "as compiled" : "", "\(own.count)"] + sum(own.map(\.deviation))]
        + (dense.isEmpty ? [] : [[output, "dense", "\(own.count)"] + sum(dense)])
    }
    let titles = ["output", "model", "vectors", "difference", "relative", "RMSE", "same largest"]
    let all = Terminal.table(titles, sums, right: [2, 3, 4, 5, 6])
    return table + "\n\n" + all
  }

  private func figures(_ deviation: Deviation) -> [String] { sum([deviation]) }

  /// The worst difference, the RMSE of all, and how many rows agree.
  private func sum(_ list: [Deviation]) -> [String] {
    let square = list.reduce(0) { $0 + $1.rmse * $1.rmse } / Double(max(list.count, 1))
    let (rows, same) = (list.reduce(0) { $0 + $1.rows }, list.reduce(0) { $0 + $1.sameLargest })
    return [
      digits(list.map(\.largest).max() ?? 0), digits(list.map(\.relative).max() ?? 0),
      digits(square.squareRoot()), "\(same) of \(rows)",
    ]
  }

  private func verdict(_ row: OutputComparison) -> String {
    row.verdict == .wrong ? "WRONG" : row.verdict.rawValue
  }

  private func json(_ rows: [OutputComparison], _ diagnostics: [Diagnostic]) -> JSON {
    .object([
      ("ok", .flag(rows.allSatisfy { $0.verdict != .wrong })), ("outputs", .list(rows.map(row))),
      ("diagnostics", .diagnostics(diagnostics)),
    ])
  }

  private func row(_ row: OutputComparison) -> JSON {
    .object(
      [("vector", .text(row.vector)), ("output", .text(row.output))] + fields(row.deviation)
        + [
          ("rows", .integer(row.deviation.rows)), ("ok", .flag(row.verdict != .wrong)),
          ("verdict", .text(row.verdict.rawValue)),
        ] + (row.dense.map { [("dense", .object(fields($0)))] } ?? []))
  }

  private func fields(_ deviation: Deviation) -> [(String, JSON)] {
    [
      ("largest_difference", .number(deviation.largest)),
      ("relative_difference", .number(deviation.relative)), ("rmse", .number(deviation.rmse)),
      ("same_largest", .integer(deviation.sameLargest)),
    ]
  }
}
