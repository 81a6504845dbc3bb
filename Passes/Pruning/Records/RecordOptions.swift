import CoppiceIR
import CoppicePassManager
import CoppiceRecords

/// What becomes of weights that no parameter of a record owns.
enum UnownedWeights: String, CaseIterable, Sendable {
  /// They are refused.
  case error
  /// They are ranked by their magnitudes, each tensor by itself.
  case magnitude
  /// They stay as they are.
  case skip
}

/// The options of all passes that read a training record.
struct RecordOptions: Sendable {
  /// The record's file or folder.
  let path: String

  /// The file that names owners by hand.
  let map: String?

  /// What becomes of weights without an owner.
  let unowned: UnownedWeights

  /// Whether a file of bare weights will do.
  var acceptsWeights = false

  /// The declarations.
  static func options(
    isRequired: Bool = true, unowned: [UnownedWeights] = UnownedWeights.allCases
  ) -> [PassOption] {
    let magnitude = unowned.contains(.magnitude) ? "rank them by magnitude, " : ""
    return [
      PassOption(
        "record", .path, isRequired: isRequired,
        "The training record: safetensors in prunerec/1, or a folder of snapshots"),
      PassOption(
        "record-map", .path, "A file of JSON that names the parameters of weights by hand"),
      PassOption(
        "record-partial", .choice(unowned.map(\.rawValue)), default: "error",
        "Weights that the record has no parameter for: refuse them, \(magnitude)or leave them alone"
      ),
    ]
  }

  /// Options of a pass that declares its own.
  init(path: String, map: String?, unowned: UnownedWeights, acceptsWeights: Bool) {
    (self.path, self.map, self.unowned) = (path, map, unowned)
    self.acceptsWeights = acceptsWeights
  }

  /// Reads the options, of which `record` is given.
  ///
  /// - Throws: `pass-option-type` for options that were not declared by `options`.
  init(_ options: PassOptions) throws(DiagnosticMessage) {
    path = try options.path("record")
    map = options.text("record-map")
    unowned = try options.choice("record-partial", UnownedWeights.self)
  }

  /// Refuses magnitudes where they would be compared with other scores.
  ///
  /// - Throws: `record-partial`.
  func check(_ selection: SelectionOptions) throws(DiagnosticMessage) {
    guard unowned == .magnitude else { return }
    var clash: String?
    if selection.scope == .global { clash = "scope=global ranks all weights together" }
    if case .bound(let name, _) = selection.amount { clash = "\(name) is a bound on scores" }
    guard let clash else { return }
    throw DiagnosticMessage(
      "record-partial",
      "record-partial=magnitude would compare magnitudes with other scores: \(clash)",
      notes: ["give sparsity, keep or count with scope=local, or record-partial=skip"])
  }
}
