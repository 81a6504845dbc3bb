import CoppiceIR
import Glibc

/// The C compiler of this machine: `$CC`, or `cc`.
enum HostCompiler {
  /// The words that start it.
  static var command: [String] {
    let words = getenv("CC").map { String(cString: $0) } ?? "cc"
    let command = words.split(separator: " ").map(String.init)
    return command.isEmpty ? ["cc"] : command
  }

  /// Whether there is a program of that name.
  static var isThere: Bool {
    let tool = command[0]
    if tool.contains("/") { return access(tool, X_OK) == 0 }
    let folders = getenv("PATH").map { String(cString: $0) } ?? ""
    return folders.split(separator: ":").contains { access("\($0)/\(tool)", X_OK) == 0 }
  }

  /// Runs it, or another tool that builds.
  ///
  /// - Parameters:
  ///   - command: The tool and its arguments.
  ///   - log: The file that takes what it says.
  /// - Throws: `HostFault` with its words.
  static func run(_ command: [String], log: String) throws {
    let status = runProcess(command, errors: log)
    if status == 0 { return }
    if status < 0 {
      let help = command[0] == Self.command[0] ? "; set CC" : ""
      throw HostFault.compiler("'\(command[0])' could not be started\(help)")
    }
    let text = (try? read(log))?.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } ?? ""
    throw HostFault.compiler(
      text.isEmpty ? "status \(status)" : "status \(status)\n" + text.prefix(4000))
  }
}

extension ScratchFolder {
  /// Makes a folder.
  ///
  /// - Parameter fault: What it means that there can be none.
  /// - Returns: The folder, which goes with its last owner.
  /// - Throws: The fault, with the reason.
  static func made(or fault: (String) -> HostFault) throws -> ScratchFolder {
    if let folder = ScratchFolder() { return folder }
    throw fault("no folder for temporary files can be made in '\(base)'; set TMPDIR")
  }
}
