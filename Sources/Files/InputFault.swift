#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Why a file could not be read.
package struct InputFault: Error, Hashable, CustomStringConvertible {
  /// The step that failed.
  package enum Kind: Hashable, Sendable {
    /// The path cannot name a file.
    case path
    /// The file could not be opened.
    case open
    /// It is a folder, a pipe, a device: nothing that can be read twice and has a length.
    case kind
    /// Its bytes could not be read.
    case read
    /// It became shorter.
    case changed
  }

  /// The step that failed.
  package let kind: Kind
  /// The file, as it was named.
  package let path: String
  private let code: Int32

  init(_ kind: Kind, _ path: String, _ code: Int32 = 0) {
    self.kind = kind
    self.path = path
    self.code = code
  }

  /// The sentence for the user.
  package var description: String {
    switch kind {
    case .path: "the path of a file holds a zero byte"
    case .open: "cannot open '\(path)': \(reason)"
    case .kind: "'\(path)' is not a regular file"
    case .read: "cannot read '\(path)': \(reason)"
    case .changed: "'\(path)' became shorter while it was read; run again when it is whole"
    }
  }

  /// What the system says.
  package var reason: String {
    kind == .changed ? "it became shorter" : String(cString: strerror(code))
  }
}
