import Coppice
import CoppiceIR
import CoppicePassManager
import Glibc
import Rainbow
import Synchronization

/// What the user sees: data on stdout, talk on stderr.
enum Terminal {
  static let errorsAreShown = isatty(STDERR_FILENO) == 1
  static let outputIsShown = isatty(STDOUT_FILENO) == 1

  /// Writes data to stdout; a reader that went away has what it wanted.
  static func output(_ text: String) throws(DiagnosticMessage) {
    clearProgress()
    let fault = put(printable(text) + "\n", to: STDOUT_FILENO)
    guard fault == 0 || fault == EPIPE else {
      throw DiagnosticMessage(
        "stdout", "cannot write to standard output: \(String(cString: strerror(fault)))")
    }
  }

  /// Writes data to stdout when the files that it speaks of are in place.
  static func confirm(_ text: String) throws(Diagnostics) {
    do {
      try output(text)
    } catch {
      throw Diagnostics([Diagnostic(.error, error)])
    }
  }

  /// Writes talk to stderr.
  static func say(_ text: String) { talk(printable(text)) }

  private static func talk(_ text: String) {
    clearProgress()
    put(text + "\n", to: STDERR_FILENO)
  }

  /// Text without what could command a terminal: names come from files of strangers.
  private static func printable(_ text: String) -> String {
    func isControl(_ scalar: Unicode.Scalar) -> Bool {
      scalar.properties.generalCategory == .control && scalar != "\n" && scalar != "\t"
    }
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { result.append(isControl(scalar) ? "\u{FFFD}" : scalar) }
    return String(result)
  }

  /// Shows what is being done, in one line that the next one replaces.
  static func progress(_ text: String) {
    guard errorsAreShown else { return }
    put("\r\u{1B}[K\(printable(text).prefix(100)) ...", to: STDERR_FILENO)
  }

  static func clearProgress() {
    if errorsAreShown { put("\r\u{1B}[K", to: STDERR_FILENO) }
  }

  /// Writes a diagnostic to stderr, its severity in colour on a terminal.
  static func say(_ diagnostic: Diagnostic) {
    var text = printable(diagnostic.description)
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
    talk(text)
  }

  /// The columns that tables on a stream may take: those of the terminal, any number in files and pipes.
  private static func width(of descriptor: Int32) -> Int {
    if let text = getenv("COLUMNS"), let count = Int(String(cString: text)), count > 0 {
      return count
    }
    var size = winsize()
    let isKnown = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    return isKnown ? Int(size.ws_col) : .max / 2
  }

  /// A table with a head row for stdout, as wide as the terminal at most.
  static func table(_ titles: [String], _ rows: [[String]], right: Set<Int> = []) -> String {
    Table(titles: titles, rows: rows, numbers: right).text(width: width(of: STDOUT_FILENO))
  }

  /// Writes a table to stderr, as wide as the terminal at most.
  static func sayTable(_ titles: [String], _ rows: [[String]], right: Set<Int> = []) {
    let table = Table(titles: titles, rows: rows, numbers: right)
    say(table.text(width: width(of: STDERR_FILENO)))
  }

  /// Writes all of a text.
  ///
  /// - Returns: The error number, 0 for none.
  @discardableResult
  private static func put(_ text: String, to descriptor: Int32) -> Int32 {
    var text = text
    return text.withUTF8 { bytes in
      var done = 0
      while done < bytes.count, let base = bytes.baseAddress {
        let count = write(descriptor, base + done, bytes.count - done)
        if count > 0 {
          done += count
        } else if errno != EINTR {
          return errno
        }
      }
      return 0
    }
  }
}

/// Says how far a pass is: in a line that the next one replaces, or seldom where it does not.
private func sayProgress() -> @Sendable (PassProgress) -> Void {
  let start = ContinuousClock.now
  let pace = Mutex(ProgressPace(isRewritten: Terminal.errorsAreShown))
  return { progress in
    let line = pace.withLock { $0.line(progress, after: .now - start) }
    guard let line else { return }
    if Terminal.errorsAreShown { Terminal.progress(line) } else { Terminal.say(line) }
  }
}

/// A watcher that shows progress; passes are quiet beside JSON.
func watcher(_ pipeline: PipelineArguments, asJSON: Bool = false) -> Watcher {
  var watcher = Watcher(stage: { Terminal.progress($0) })
  if !asJSON { watcher.progress = sayProgress() }
  if pipeline.printAfterChanged { watcher.changedGraph = { Terminal.say($0) } }
  return watcher
}
