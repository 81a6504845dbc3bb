import CoppiceIR
import Glibc

/// What a file is, whatever its name: links and spellings of one file are equal.
struct FileIdentity: Hashable {
  private let device: UInt64
  private let number: UInt64

  /// The identity of the file at a path, through links; nil if there is none.
  init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    device = UInt64(status.st_dev)
    number = UInt64(status.st_ino)
  }
}

/// Where an output goes when links are followed: a folder and a name in it.
struct OutputTarget {
  /// The folder; not yet resolved, for it may have to be made.
  let folder: String
  let name: String

  /// Follows the links of a path; only a regular file may be there.
  init(_ path: String) throws(DiagnosticMessage) {
    guard !path.isEmpty, !path.hasSuffix("/") else {
      throw DiagnosticMessage("file-write", "'\(path)' does not name a file")
    }
    var target = path
    for _ in 0..<40 {
      guard let link = linkedPath(target) else { break }
      let folder = Self.split(target).folder
      target = link.hasPrefix("/") ? link : "\(folder)/\(link)"
    }
    var status = stat()
    if stat(target, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      throw DiagnosticMessage("file-write", "'\(path)' is there already and is no regular file")
    }
    (folder, name) = Self.split(target)
  }

  private static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    let folder = String(path[..<slash])
    return (folder.isEmpty ? "/" : folder, String(path[path.index(after: slash)...]))
  }
}

/// What a symbolic link holds; nil if the path is none.
private func linkedPath(_ path: String) -> String? {
  var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
  let count = readlink(path, &buffer, buffer.count)
  guard count > 0 else { return nil }
  return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// The one path of a folder that is there.
func resolvedFolder(_ path: String) throws(DiagnosticMessage) -> String {
  guard let resolved = realpath(path, nil) else { throw .unwritable(path) }
  defer { free(resolved) }
  return String(cString: resolved)
}
