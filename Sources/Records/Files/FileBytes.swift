import CoppiceFiles
package import CoppiceIR

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The bytes of a record or an array: of a file, or made in memory.
package final class FileBytes: Sendable {
  /// What messages call the file.
  package var name: String { file.path }

  /// Valid for the life of this object.
  package var bytes: UnsafeRawBufferPointer { file.bytes }

  private let file: InputFile

  /// Reads the regular file at a path.
  package init(path: String) throws(DiagnosticMessage) {
    do throws(InputFault) {
      file = try InputFile(path: path)
    } catch {
      throw DiagnosticMessage(error)
    }
  }

  /// Owns a copy of bytes that are in memory already.
  package init(copying source: [UInt8], name: String) {
    file = source.withUnsafeBytes { InputFile(copying: $0, name: name) }
  }
}

extension DiagnosticMessage {
  /// What is wrong with an input, under the identifiers of records.
  init(_ fault: InputFault) {
    switch fault.kind {
    case .path: self.init("file-path", fault.description)
    case .open, .read:
      self.init("file-read", "cannot read '\(fault.path)': \(fault.reason)")
    case .kind: self.init("file-kind", fault.description)
    case .changed: self.init("file-changed", fault.description)
    }
  }

  static func cannotWrite(_ path: String, _ code: Int32) -> Self {
    Self("file-write", "cannot write '\(path)': \(String(cString: strerror(code)))")
  }
}
