public import CoppiceIR

/// Why a model could not be run on this machine.
public enum HostFault: Error, CustomStringConvertible, Sendable {
  /// The C compiler failed; its words.
  case compiler(String)
  /// The program failed; why.
  case program(String)

  /// What went wrong.
  public var diagnostics: Diagnostics {
    switch self {
    case .compiler(let text):
      let message = DiagnosticMessage("cc-failed", "the C compiler failed: \(text)")
      return Diagnostics([Diagnostic(.error, message)], cause: .hostCompiler)
    case .program(let text):
      let message = DiagnosticMessage("program-failed", "the compiled model failed: \(text)")
      return Diagnostics([Diagnostic(.error, message)], cause: .hostProgram)
    }
  }

  /// What went wrong, as text.
  public var description: String { diagnostics.description }
}
