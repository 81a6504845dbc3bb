import CoppiceIR
import CoppicePassManager

/// How `prune-obs` takes elements out of a layer.
enum ObsMethod: String, CaseIterable, Sendable {
  case sparsegpt, obs
}

/// Which model the inputs of a layer are measured on.
enum ObsInputs: String, CaseIterable, Sendable {
  /// The layers before it are pruned already.
  case pruned
  /// The model as it was.
  case dense
}

/// What the user chose for `prune-obs`.
struct ObsSettings: Sendable {
  let selection: SelectionOptions
  let method: ObsMethod
  let inputs: ObsInputs
  let columns: Int
  let damp: Double

  /// More multiply-accumulates than this are not started by `method=obs`.
  static let surgeonWork = 1e13

  init(options: PassOptions) throws(DiagnosticMessage) {
    selection = try SelectionOptions(options, amounts: ["sparsity", "keep"], normalises: false)
    method = try options.choice("method", ObsMethod.self)
    inputs = try options.choice("inputs", ObsInputs.self)
    columns = try options.integer("columns")
    damp = try options.decimal("damp")?.double ?? 0.01
    switch (selection.granularity, method) {
    case (.row, _):
      throw DiagnosticMessage(
        "obs-block", "block=row leaves nothing of an output channel to take over what went",
        notes: ["use prune-filters, or prune-magnitude{block=row}"])
    case (.element, _), (.pattern, _), (_, .sparsegpt): break
    default:
      throw DiagnosticMessage(
        "obs-block", "method=obs prunes elements or block=n:m; use method=sparsegpt for blocks")
    }
  }

  /// Why a layer is left alone.
  func refusal(_ layer: MeasuredLayer) -> String? {
    let element = layer.weight.constant.type.element
    guard element.isFloat, element.bits >= 16 else { return "its elements are \(element)" }
    guard method == .obs else { return nil }
    let columns = Double(layer.grid.columns * layer.grid.taps)
    let work = Double(layer.grid.groups * layer.grid.rows) * columns * columns * columns
    return work > Self.surgeonWork
      ? "\(layer.weight.count) weights in rows of \(Int(columns)) are too many for method=obs; use "
        + "method=sparsegpt" : nil
  }
}

extension PassOption {
  static let obs: [PassOption] = [
    .data(isRequired: true), .sparsity, .keep, .count,
    PassOption(
      "method", .choice(ObsMethod.allCases.map(\.rawValue)), default: "sparsegpt",
      "Column by column with a choice for each stretch of columns, or the best element of a row at a"
        + " time"),
    PassOption(
      "columns", .integer(1...65536), default: "128",
      "Columns among which method=sparsegpt chooses at a time"),
    PassOption(
      "damp", .decimal(0...1e6), default: "0.01",
      "Part of the mean of the Hessian's diagonal that is added to the diagonal"),
    PassOption(
      "inputs", .choice(ObsInputs.allCases.map(\.rawValue)), default: "pruned",
      "Measure the input of a layer behind layers that are pruned already, or in the model as it was"
    ),
    PassOption(
      "scope", .choice(["row", "local"]), default: "local",
      "Rank inside each output channel or inside each tensor"),
    PassOption(
      "block", .text, default: "element",
      "What goes as a whole: element, RxC (outputs x inputs of a tap), n:m (n of m inputs of a tap"
        + " stay) or column (an input channel)"),
    PassOption(
      "keep-at-least", .decimal(0...1), "Fraction of each tensor's units that stays in any case"),
    PassOption("keep-zeros", .flag, default: "false", "What is zero already stays zero"), .state,
    PassOption(
      "ignore", .text, "Weights or nodes to leave alone: names or globs, parted by semicolons"),
  ]
}
