import CoppiceIR
import CoppicePassManager

/// `state=FILE`: where a pass that measures keeps what it found, so that it can be interrupted.
struct StateOption: Sendable {
  private let path: String?
  private let options: String

  /// Reads the option of a pass that declares it.
  init(_ options: PassOptions, of info: PassInfo) {
    path = options.text("state")
    let summary = options.summary(without: ["data", "record", "state", "mask-only"])
    self.options = "\(info.name){\(summary)}"
  }

  /// The state; `nil` where none is kept.
  ///
  /// - Throws: `state-mismatch` where the file belongs to another model, data or options.
  func open(
    _ graph: Graph, _ gates: ModelGates, _ samples: ModelSamples, _ context: PassContext
  ) throws(DiagnosticMessage) -> (any MeasuringState)? {
    guard let path else { return nil }
    return try context.services.openState(
      path, StateOwner(options: options, graph: graph, gates: gates, samples: samples))
  }
}

extension PassOption {
  static let state = PassOption(
    "state", .path,
    "File of what was measured, so that an interrupted run goes on where it stopped")
}
