import CoppiceIR

/// What is wrong with a model, or worth knowing of it, as it is read.
final class ImportLog {
  let path: String
  private(set) var diagnostics: [Diagnostic] = []

  init(path: String) { self.path = path }

  /// How many of them are errors.
  var faults: Int { diagnostics.count(where: { $0.severity == .error }) }

  func report(
    _ id: String, _ text: String, notes: [String] = [], at location: Location? = nil,
    severity: Severity = .error
  ) {
    let message = DiagnosticMessage(id, text, notes: notes)
    diagnostics.append(Diagnostic(severity, message, at: location ?? .file(path)))
  }

  /// Forgets what was reported after the first so many.
  func rewind(to count: Int) { diagnostics.removeLast(diagnostics.count - count) }
}
