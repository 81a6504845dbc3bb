package import CoppiceIR
import Glibc

/// Files that are written beside their places and moved there together: all of them, or none.
///
/// Dropped before `commit`, it leaves nothing behind, not even the folders it made.
package final class OutputSet {
  private struct Part {
    /// The folder that the file is written in.
    let scratch: String
    /// The folder it belongs in.
    let folder: String
  }

  private struct Move {
    let source: String
    let target: String
    /// Where the file that was there before is kept until all are moved.
    let backup: String
    var hadTarget = false
    var isDone = false
  }

  private var parts: [Part] = []
  /// A folder for scratch files in each folder that gets some.
  private var scratchFolders: [String: String] = [:]
  private var madeFolders: [String] = []
  private var targets: Set<String> = []
  private var isCommitted = false

  /// Makes an empty set.
  package init() {}

  deinit {
    for part in parts { removeFolder(part.scratch) }
    for folder in scratchFolders.values { rmdir(folder) }
    guard !isCommitted else { return }
    for folder in madeFolders.reversed() { rmdir(folder) }
  }

  /// Writes a file of the set.
  ///
  /// - Parameters:
  ///   - path: Where it shall be; the folders on the way are created.
  ///   - body: Writes it at another path; what it writes beside it moves along.
  /// - Throws: Why it could not be written, in terms of `path`.
  package func add(_ path: String, _ body: (String) throws -> Void) throws(Diagnostics) {
    var scratch = path
    do {
      scratch = try room(for: path)
      try body(scratch)
    } catch let message as DiagnosticMessage {
      throw Diagnostics([renamed(Diagnostic(.error, message), scratch, path)])
    } catch let diagnostic as Diagnostic {
      throw Diagnostics([renamed(diagnostic, scratch, path)])
    } catch let diagnostics as Diagnostics {
      throw Diagnostics(diagnostics.all.map { renamed($0, scratch, path) })
    } catch {
      throw Diagnostics([Diagnostic(.error, DiagnosticMessage("file-write", "\(error)"))])
    }
  }

  /// Moves every file to its place; puts all back if one cannot be moved.
  package func commit() throws(Diagnostics) {
    var moves = parts.flatMap { part in
      listing(part.scratch).map { name in
        Move(
          source: "\(part.scratch)/\(name)", target: "\(part.folder)/\(name)",
          backup: "\(part.scratch)/\(name).before")
      }
    }
    for index in moves.indices {
      guard place(&moves[index]) else {
        let fault = DiagnosticMessage.unwritable(moves[index].target)
        for move in moves.reversed() { putBack(move) }
        throw Diagnostics([Diagnostic(.error, fault)])
      }
    }
    isCommitted = true
  }

  private func place(_ move: inout Move) -> Bool {
    if isFolder(move.target) {
      errno = EISDIR
      return false
    }
    if link(move.target, move.backup) == 0 {
      move.hadTarget = true
    } else if errno != ENOENT {
      guard rename(move.target, move.backup) == 0 else { return false }
      move.hadTarget = true
    }
    move.isDone = rename(move.source, move.target) == 0
    return move.isDone
  }

  private func putBack(_ move: Move) {
    if move.hadTarget {
      rename(move.backup, move.target)
    } else if move.isDone {
      unlink(move.target)
    }
  }

  private func room(for path: String) throws(DiagnosticMessage) -> String {
    let target = try resolvedTarget(path)
    guard targets.insert(target).inserted else {
      throw DiagnosticMessage("file-write", "'\(path)' is to be written twice; use two names")
    }
    let (folder, name) = split(target)
    madeFolders += try makeFolders(folder)
    let part = Part(scratch: "\(try scratchFolder(folder))/\(parts.count)", folder: folder)
    guard mkdir(part.scratch, 0o755) == 0 else { throw .unwritable(path) }
    parts.append(part)
    return "\(part.scratch)/\(name)"
  }

  private func scratchFolder(_ folder: String) throws(DiagnosticMessage) -> String {
    if let known = scratchFolders[folder] { return known }
    var template = Array("\(folder)/.coppice-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else { throw .unwritable(folder) }
    let path = String(cString: made)
    scratchFolders[folder] = path
    return path
  }

  /// The file that a path stands for: links are followed, and only a regular file is replaced.
  private func resolvedTarget(_ path: String) throws(DiagnosticMessage) -> String {
    guard !path.isEmpty, !path.hasSuffix("/") else {
      throw DiagnosticMessage("file-write", "'\(path)' does not name a file")
    }
    var status = stat()
    guard stat(path, &status) == 0 else { return path }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw DiagnosticMessage("file-write", "'\(path)' is there already and is no regular file")
    }
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  private func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    let folder = String(path[..<slash])
    return (folder.isEmpty ? "/" : folder, String(path[path.index(after: slash)...]))
  }
}

/// The diagnostic of a file that was written elsewhere, in terms of its path.
private func renamed(_ diagnostic: Diagnostic, _ scratch: String, _ path: String) -> Diagnostic {
  var diagnostic = diagnostic
  diagnostic.message.text = diagnostic.message.text.replacing(scratch, with: path)
  if case .file(let file) = diagnostic.location {
    diagnostic.location = .file(file.replacing(scratch, with: path))
  }
  return diagnostic
}
