import ArgumentParser
import Coppice
import CoppiceFiles
import CoppiceIR
import CoppiceJSON
import Glibc

/// The program: parses the words, runs the verb, and ends with one of the documented statuses.
@main
enum Main {
  static func main() {
    prepareDescriptors()
    // A reader that goes away and a limit on files are errors of a write, not the end.
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    let arguments = Array(CommandLine.arguments.dropFirst())
    let asJSON = arguments.contains("--json")
    Interruption.watch { say(Failure(DiagnosticMessage.shortened($0)), asJSON: asJSON) }
    let status = run(arguments)
    Interruption.settle()
    exit(status)
  }

  private static func run(_ arguments: [String]) -> Int32 {
    do {
      if let word = unknownVerb(arguments) { throw noVerb(word) }
      var command = try CoppiceCommand.parseAsRoot(arguments)
      try command.run()
      return 0
    } catch let code as ExitCode {
      return code.rawValue
    } catch {
      return finish(error, asJSON: arguments.contains("--json"))
    }
  }

  /// Help and the like end with 0, wrong usage with 64.
  private static func finish(_ error: any Error, asJSON: Bool) -> Int32 {
    let text = CoppiceCommand.fullMessage(for: error)
    if CoppiceCommand.exitCode(for: error) == .success {
      do {
        try Terminal.output(text)
        return 0
      } catch {
        return say(Failure(error), asJSON: false)
      }
    }
    Terminal.say(text)
    if asJSON {
      let message = CoppiceCommand.message(for: error)
      let usage = Diagnostic(.error, DiagnosticMessage("usage", message))
      try? Terminal.output(JSON.failure(64, [usage]).description)
    }
    return 64
  }

  private static let verbs =
    CoppiceCommand.configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]

  /// The word that should be a verb and is none, also after `help`.
  private static func unknownVerb(_ arguments: [String]) -> String? {
    guard let word = arguments.first == "help" ? arguments.dropFirst().first : arguments.first
    else { return nil }
    return verbs.contains(word) || word.hasPrefix("-") ? nil : word
  }

  private static func noVerb(_ word: String) -> ValidationError {
    let isModel = [".onnx", ".ir"].contains { word.hasSuffix($0) }
    let hint =
      isModel
      ? "a verb stands before a file, as in 'coppice inspect \(word)'"
      : suggestion(word, verbs) ?? "there are \(verbs.joined(separator: ", "))"
    return ValidationError("There is no verb '\(word)'; \(hint)")
  }

  /// Opens what the caller closed, so that no file of ours becomes standard output.
  private static func prepareDescriptors() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
      // Not for writing, so that data meant for a closed standard output is missed.
      _ = open("/dev/null", descriptor == STDERR_FILENO ? O_WRONLY : O_RDONLY)
    }
  }
}

extension DiagnosticMessage {
  fileprivate static func shortened(_ file: String) -> Self {
    Self(
      "file-changed",
      "'\(file)' became shorter, or could not be read, while it was used; run again when it is whole"
    )
  }
}
