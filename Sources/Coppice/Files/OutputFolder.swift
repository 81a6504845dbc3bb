import CoppiceC
import CoppiceIR
import Glibc

/// Writes files into a folder: all of them, or none.
func writeAll(_ files: [GeneratedFile], to folder: String) throws(Diagnostics) {
  do throws(DiagnosticMessage) {
    try makeFolder(folder)
    var parts: [(scratch: String, final: String)] = []
    defer { for part in parts { unlink(part.scratch) } }
    for file in files {
      let final = folder + "/" + file.name
      parts.append((final + ".\(getpid()).part", final))
      try write(file.pieces, to: parts[parts.count - 1].scratch)
    }
    for part in parts where rename(part.scratch, part.final) != 0 {
      throw DiagnosticMessage.unwritable(part.final)
    }
  } catch {
    throw Diagnostics([Diagnostic(.error, error)])
  }
}

/// Makes a folder and those around it.
func makeFolder(_ path: String) throws(DiagnosticMessage) {
  var made = path.hasPrefix("/") ? "/" : ""
  for part in path.split(separator: "/") {
    made += (made.isEmpty || made.hasSuffix("/") ? "" : "/") + part
    if mkdir(made, 0o755) != 0, errno != EEXIST { throw .unwritable(made) }
  }
  var status = stat()
  guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
    throw DiagnosticMessage("file-write", "'\(path)' is not a folder")
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
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
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

/// Whether a path can be read.
func exists(_ path: String) -> Bool { access(path, R_OK) == 0 }

/// The names in a folder, sorted; empty when it cannot be read.
func listing(_ folder: String) -> [String] {
  guard let handle = opendir(folder) else { return [] }
  defer { closedir(handle) }
  var names: [String] = []
  while let entry = readdir(handle) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
      pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if name != ".", name != ".." { names.append(name) }
  }
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
