import CoppiceC
import CoppiceIR
import Glibc

/// Writes files into a folder: all of them, or none.
///
/// - Parameters:
///   - files: What is written.
///   - folder: Created when it is not there.
///   - inputs: Files that must not be replaced.
///   - others: Adds further files to the set.
///   - confirm: Runs when all are in place; if it throws, all are put back.
/// - Throws: Why one cannot be written, or what `confirm` throws.
func writeAll(
  _ files: [GeneratedFile], to folder: String, sparing inputs: [String],
  also others: (OutputSet) throws(Diagnostics) -> Void = { _ in },
  _ confirm: () throws(Diagnostics) -> Void
) throws(Diagnostics) {
  try checkOutputFolder(folder)
  let set = OutputSet()
  for file in files {
    try set.add("\(folder)/\(file.name)", sparing: inputs) { try write(file.pieces, to: $0) }
  }
  try others(set)
  try set.commit(confirm)
}

/// Makes a folder and those around it.
///
/// - Returns: The folders that were made, outermost first.
@discardableResult
func makeFolders(_ path: String) throws(DiagnosticMessage) -> [String] {
  var folder = path.hasPrefix("/") ? "/" : ""
  var made: [String] = []
  for part in path.split(separator: "/") {
    folder += (folder.isEmpty || folder.hasSuffix("/") ? "" : "/") + part
    if mkdir(folder, 0o755) == 0 {
      made.append(folder)
      continue
    }
    let code = errno
    if code != EEXIST, !isFolder(folder) {
      errno = code
      let fault = DiagnosticMessage.unwritable(folder)
      for folder in made.reversed() { rmdir(folder) }
      throw fault
    }
  }
  try checkFolder(path)
  return made
}

/// Refuses a path that something other than a folder has.
func checkFolder(_ path: String) throws(DiagnosticMessage) {
  if path.isEmpty { throw DiagnosticMessage("file-write", "the name of a folder is empty") }
  guard exists(path), !isFolder(path) else { return }
  throw DiagnosticMessage("file-write", "'\(path)' is not a folder")
}

/// Refuses a folder for outputs that something else stands in the way of.
func checkOutputFolder(_ path: String) throws(Diagnostics) {
  do throws(DiagnosticMessage) {
    try checkFolder(path)
  } catch {
    throw Diagnostics([Diagnostic(.error, error)])
  }
}

/// Whether a path is a folder.
func isFolder(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// Removes a folder and the files in it, also those that come while it is removed.
func removeFolder(_ path: String) {
  for _ in 0..<100 {
    for name in (try? listing(path)) ?? [] { unlink("\(path)/\(name)") }
    if rmdir(path) == 0 || errno != ENOTEMPTY && errno != EEXIST { return }
  }
}

/// Writes a file.
func write(_ pieces: [Bytes], to path: String) throws(DiagnosticMessage) {
  let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
  guard descriptor >= 0 else { throw .unwritable(path) }
  var isWhole = true
  for piece in pieces {
    piece.withUnsafeBytes { raw in
      var done = 0
      while isWhole, done < raw.count, let base = raw.baseAddress {
        let count = Glibc.write(descriptor, base + done, raw.count - done)
        if count > 0 { done += count } else if errno != EINTR { isWhole = false }
      }
    }
  }
  let fault = isWhole ? nil : DiagnosticMessage.unwritable(path)
  let isClosed = close(descriptor) == 0
  if let fault { throw fault }
  if !isClosed { throw .unwritable(path) }
}

/// The bytes of a file, read whole.
func read(_ path: String) throws(DiagnosticMessage) -> Bytes {
  let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
  guard descriptor >= 0 else { throw .unreadable(path) }
  defer { close(descriptor) }
  var status = stat()
  guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
    throw DiagnosticMessage("file-read", "'\(path)' is not a regular file")
  }
  var isWhole = true
  let bytes = Bytes(count: Int(status.st_size)) { target in
    var done = 0
    while done < target.count, let base = target.baseAddress {
      let count = Glibc.read(descriptor, base + done, target.count - done)
      if count > 0 {
        done += count
      } else if count == 0 || errno != EINTR {
        isWhole = false
        return
      }
    }
  }
  guard isWhole else { throw .unreadable(path) }
  return bytes
}

/// Whether there is something at a path.
func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

/// Whether nothing is at a path, which is not known where a folder on the way cannot be searched; `errno`
/// says why.
func isAbsent(_ path: String) -> Bool {
  access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR)
}

/// The names in a folder, sorted.
func listing(_ folder: String) throws(DiagnosticMessage) -> [String] {
  guard let handle = opendir(folder) else { throw .unreadable(folder) }
  defer { closedir(handle) }
  var names: [String] = []
  errno = 0
  while let entry = readdir(handle) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
      pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if name != ".", name != ".." { names.append(name) }
    errno = 0
  }
  guard errno == 0 else { throw .unreadable(folder) }
  return names.sorted()
}

extension DiagnosticMessage {
  /// A file cannot be written, for the reason in `errno`.
  static func unwritable(_ path: String) -> Self {
    Self("file-write", "cannot write '\(path)': \(String(cString: strerror(errno)))")
  }

  /// A file cannot be read, for the reason in `errno`.
  static func unreadable(_ path: String) -> Self {
    Self("file-read", "cannot read '\(path)': \(String(cString: strerror(errno)))")
  }
}
