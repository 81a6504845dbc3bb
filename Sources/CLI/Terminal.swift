import ArgumentParser
import Coppice
import CoppiceIR
import Glibc
import Rainbow
import TextTable

/// What the user sees: data on stdout, talk on stderr.
enum Terminal {
  static let errorsAreShown = isatty(STDERR_FILENO) == 1
  static let outputIsShown = isatty(STDOUT_FILENO) == 1

  /// Writes data to stdout.
  static func output(_ text: String) { put(text + "\n", to: STDOUT_FILENO) }

  /// Writes talk to stderr.
  static func say(_ text: String) {
    clearProgress()
    put(text + "\n", to: STDERR_FILENO)
  }

  /// Shows what is being done, in one line that the next one replaces.
  static func progress(_ text: String) {
    guard errorsAreShown else { return }
    put("\r\u{1B}[K\(text.prefix(100)) ...", to: STDERR_FILENO)
  }

  static func clearProgress() {
    if errorsAreShown { put("\r\u{1B}[K", to: STDERR_FILENO) }
  }

  /// Writes a diagnostic to stderr, its severity in colour on a terminal.
  static func say(_ diagnostic: Diagnostic) {
    var text = diagnostic.description
    if errorsAreShown,
      let range = text.firstRange(of: diagnostic.severity.rawValue)
    {
      let word = diagnostic.severity.rawValue
      let coloured =
        switch diagnostic.severity {
        case .error: word.red.bold
        case .warning: word.yellow.bold
        case .note: word.cyan
        }
      text.replaceSubrange(range, with: coloured)
    }
    say(text)
  }

  /// A table with a head row.
  static func table(_ titles: [String], _ rows: [[String]], right: Set<Int> = []) -> String {
    let table = TextTable<[String]> { row in
      titles.indices.map { index in
        Column(
          title: titles[index], value: index < row.count ? row[index] : "",
          align: right.contains(index) ? .right : .left)
      }
    }
    let text = table.string(for: rows, style: Style.plain) ?? ""
    return text.split(separator: "\n").map { line in
      var line = line
      while line.last == " " { line.removeLast() }
      return String(line)
    }.joined(separator: "\n")
  }

  private static func put(_ text: String, to descriptor: Int32) {
    var text = text
    text.withUTF8 { bytes in
      var done = 0
      while done < bytes.count, let base = bytes.baseAddress {
        let count = write(descriptor, base + done, bytes.count - done)
        if count <= 0 && errno != EINTR { return }
        if count > 0 { done += count }
      }
    }
  }
}

/// Runs a verb; what it throws becomes words on stderr and an exit status.
func reporting(_ body: () throws -> Void) throws {
  defer { Terminal.clearProgress() }
  do {
    try body()
  } catch let diagnostics as Diagnostics {
    for diagnostic in diagnostics.all { Terminal.say(diagnostic) }
    throw ExitCode(2)
  } catch let message as DiagnosticMessage {
    Terminal.say(Diagnostic(.error, message))
    throw ExitCode(2)
  } catch let diagnostic as Diagnostic {
    Terminal.say(diagnostic)
    throw ExitCode(2)
  } catch let fault as HostFault {
    Terminal.say(fault.description)
    switch fault {
    case .compiler: throw ExitCode(3)
    case .program: throw ExitCode(4)
    }
  }
}

/// A watcher that shows progress.
func watcher(_ pipeline: PipelineArguments) -> Watcher {
  var watcher = Watcher(stage: { Terminal.progress($0) })
  if pipeline.printAfterChanged { watcher.changedGraph = { Terminal.say($0) } }
  return watcher
}
