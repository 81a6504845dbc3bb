import CoppiceFiles
package import CoppiceIR
import Glibc

/// Files that are written beside their places and moved there together: all of them, or none.
///
/// Dropped before `commit`, or ended by a signal, it leaves nothing behind, not even the folders it
/// made.
package final class OutputSet {
  private struct Part {
    /// The folder that the file is written in.
    let scratch: String
    /// The folder it belongs in, as messages call it.
    let folder: String
    /// Files that nothing of the part may replace.
    let spared: Set<FileIdentity>
  }

  private struct Move {
    let source: String
    let target: String
    /// Where the file that was there before is kept until all are moved.
    let backup: String
    let spared: Set<FileIdentity>
    var hadTarget = false
    var isDone = false
  }

  private var parts: [Part] = []
  /// A folder for scratch files in each folder that gets some.
  private var scratchFolders: [String: String] = [:]
  private var madeFolders: [String] = []
  private var targets: Set<String> = []
  private var moves: [Move] = []
  private var placed: Set<FileIdentity> = []
  private var isDropped = false
  private var undo = 0

  /// Makes an empty set.
  package init() {
    undo = Interruption.onEnd { [unowned self] in drop(true) }
  }

  deinit {
    Interruption.whole { drop(true) }
    Interruption.forget(undo)
  }

  /// Writes a file of the set.
  ///
  /// - Parameters:
  ///   - path: Where it shall be; the folders on the way are created.
  ///   - inputs: Files that it must not replace, however they are called.
  ///   - body: Writes it at another path; what it writes beside it moves along.
  /// - Throws: Why it could not be written, in terms of `path`.
  package func add(
    _ path: String, sparing inputs: [String] = [], _ body: (String) throws -> Void
  ) throws(Diagnostics) {
    var scratch = path
    do {
      scratch = try Interruption.whole { try room(for: path, sparing: inputs) }
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
  ///
  /// - Parameter confirm: Runs when all are in place; if it throws, all are put back.
  /// - Throws: Why one cannot be moved, or what `confirm` throws.
  package func commit(_ confirm: () throws(Diagnostics) -> Void = {}) throws(Diagnostics) {
    do throws(DiagnosticMessage) {
      try Interruption.whole { () throws(DiagnosticMessage) in try placeAll() }
    } catch {
      throw Diagnostics([Diagnostic(.error, error)])
    }
    do {
      try confirm()
    } catch {
      Interruption.whole { drop(true) }
      throw error
    }
    Interruption.whole { drop(false) }
  }

  private func placeAll() throws(DiagnosticMessage) {
    for part in parts {
      for name in try listing(part.scratch) {
        moves.append(
          Move(
            source: "\(part.scratch)/\(name)", target: "\(part.folder)/\(name)",
            backup: "\(part.scratch)/\(name).before", spared: part.spared))
      }
    }
    do {
      for index in moves.indices { try place(&moves[index]) }
    } catch {
      putBack()
      throw error
    }
  }

  private func place(_ move: inout Move) throws(DiagnosticMessage) {
    if isFolder(move.target) {
      errno = EISDIR
      throw .unwritable(move.target)
    }
    if let there = FileIdentity(move.target) {
      if placed.contains(there) { throw .twice(move.target) }
      if move.spared.contains(there) { throw .input(move.target) }
    }
    if link(move.target, move.backup) == 0 {
      move.hadTarget = true
    } else if errno != ENOENT {
      guard rename(move.target, move.backup) == 0 else { throw .unwritable(move.target) }
      move.hadTarget = true
    }
    guard rename(move.source, move.target) == 0 else { throw .unwritable(move.target) }
    move.isDone = true
    if let identity = FileIdentity(move.target) { placed.insert(identity) }
  }

  private func putBack() {
    for move in moves.reversed() {
      if move.hadTarget {
        rename(move.backup, move.target)
      } else if move.isDone {
        unlink(move.target)
      }
    }
    moves = []
  }

  /// Removes what is temporary; with `undoing`, everything else that the set made too.
  private func drop(_ undoing: Bool) {
    if isDropped { return }
    isDropped = true
    if undoing { putBack() }
    for part in parts { removeFolder(part.scratch) }
    for folder in scratchFolders.values { rmdir(folder) }
    guard undoing else { return }
    for folder in madeFolders.reversed() { rmdir(folder) }
  }

  private func room(
    for path: String, sparing inputs: [String]
  ) throws(DiagnosticMessage) -> String {
    let target = try OutputTarget(path)
    let spared = Set(inputs.compactMap(FileIdentity.init))
    if let there = FileIdentity("\(target.folder)/\(target.name)"), spared.contains(there) {
      throw .input(path)
    }
    madeFolders += try makeFolders(target.folder)
    let place = "\(try resolvedFolder(target.folder))/\(target.name)"
    guard targets.insert(place).inserted else { throw .twice(path) }
    let part = Part(
      scratch: "\(try scratchFolder(target.folder))/\(parts.count)", folder: target.folder,
      spared: spared)
    guard mkdir(part.scratch, 0o755) == 0 else { throw .unwritable(path) }
    parts.append(part)
    return "\(part.scratch)/\(target.name)"
  }

  private func scratchFolder(_ folder: String) throws(DiagnosticMessage) -> String {
    if let known = scratchFolders[folder] { return known }
    var template = Array("\(folder)/.coppice-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else { throw .unwritable(folder) }
    let path = String(cString: made)
    scratchFolders[folder] = path
    return path
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

extension DiagnosticMessage {
  fileprivate static func twice(_ path: String) -> Self {
    Self("file-write", "'\(path)' is to be written twice; use two names")
  }

  fileprivate static func input(_ path: String) -> Self {
    Self("file-write", "'\(path)' is an input, which would be lost; write to another name")
  }
}
