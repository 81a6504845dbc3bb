import ArgumentParser
import Coppice
import CoppiceFiles
import CoppiceIR
import CoppiceJSON

/// Why a verb ends with another status than 0.
struct Failure {
  let status: Int32
  let diagnostics: [Diagnostic]

  init(_ error: any Error) {
    switch error {
    case let diagnostics as Diagnostics: self.init(diagnostics)
    case let diagnostic as Diagnostic: self.init(2, [diagnostic])
    case let message as DiagnosticMessage: self.init(2, [Diagnostic(.error, message)])
    case let fault as HostFault: self.init(fault.diagnostics)
    default: self.init(2, [Diagnostic(.error, DiagnosticMessage("failed", "\(error)"))])
    }
  }

  private init(_ diagnostics: Diagnostics) { self.init(diagnostics.status, diagnostics.all) }

  private init(_ status: Int32, _ diagnostics: [Diagnostic]) {
    self.status = status
    self.diagnostics = diagnostics
  }
}

extension Diagnostics {
  /// The exit status that stands for what went wrong.
  fileprivate var status: Int32 {
    switch cause {
    case .input: 2
    case .hostCompiler: 3
    case .hostProgram: 4
    }
  }
}

/// Tells why a verb failed: words on stderr, and JSON on stdout when it was asked for.
@discardableResult
func say(_ failure: Failure, asJSON: Bool) -> Int32 {
  Interruption.settle()
  for diagnostic in failure.diagnostics { Terminal.say(diagnostic) }
  if asJSON {
    try? Terminal.output(JSON.failure(failure.status, failure.diagnostics).description)
  }
  return failure.status
}

/// Runs a verb; what it throws becomes words and an exit status.
func reporting(asJSON: Bool, _ body: () throws -> Void) throws {
  defer { Terminal.clearProgress() }
  do {
    try body()
  } catch let code as ExitCode {
    throw code
  } catch {
    throw ExitCode(say(Failure(error), asJSON: asJSON))
  }
}

extension JSON {
  /// What a verb that failed says.
  static func failure(_ status: Int32, _ list: [Diagnostic]) -> JSON {
    .object([("status", .integer(Int(status))), ("diagnostics", .diagnostics(list))])
  }

  /// Diagnostics as objects.
  static func diagnostics(_ list: [Diagnostic]) -> JSON {
    .list(
      list.map { diagnostic in
        .object([
          ("severity", .text(diagnostic.severity.rawValue)), ("id", .text(diagnostic.message.id)),
          ("location", .text(diagnostic.location.description)),
          ("text", .text(diagnostic.message.text)), ("notes", .texts(diagnostic.message.notes)),
        ])
      })
  }
}
