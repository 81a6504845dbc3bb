package import CoppiceIR

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The bytes of a file: mapped read-only where they come from disk, owned where they were made.
package final class FileBytes: @unchecked Sendable {
  /// What messages call the file.
  package let name: String

  /// Valid for the life of this object.
  package let bytes: UnsafeRawBufferPointer

  private let isMapped: Bool

  /// Maps the regular file at a path.
  package init(path: String) throws(DiagnosticMessage) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .cannotRead(path, errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .cannotRead(path, errno) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw DiagnosticMessage("file-kind", "'\(path)' is not a regular file")
    }
    name = path
    guard status.st_size > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      isMapped = false
      return
    }
    let size = Int(status.st_size)
    let base = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let base, base != MAP_FAILED else { throw .cannotRead(path, errno) }
    bytes = UnsafeRawBufferPointer(start: base, count: size)
    isMapped = true
  }

  /// Owns a copy of bytes that are in memory already.
  package init(copying source: [UInt8], name: String) {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: source.count, alignment: 64)
    copy.copyBytes(from: source)
    bytes = UnsafeRawBufferPointer(copy)
    self.name = name
    isMapped = false
  }

  deinit {
    if isMapped, let base = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: base), bytes.count)
    } else {
      bytes.deallocate()
    }
  }
}

extension DiagnosticMessage {
  static func cannotRead(_ path: String, _ code: Int32) -> Self {
    Self("file-read", "cannot read '\(path)': \(String(cString: strerror(code)))")
  }

  static func cannotWrite(_ path: String, _ code: Int32) -> Self {
    Self("file-write", "cannot write '\(path)': \(String(cString: strerror(code)))")
  }
}
