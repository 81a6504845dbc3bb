package import CoppiceIR

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Writes a file beside its final place and moves it there when it is whole.
///
/// Dropped before `commit`, it leaves nothing behind.
package struct FileOutput: ~Copyable {
  private let path: String
  private let temporary: String
  private var descriptor: Int32

  package init(path: String) throws(DiagnosticMessage) {
    self.path = path
    temporary = "\(path).\(getpid()).part"
    descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw .cannotWrite(path, errno) }
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(DiagnosticMessage) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let slice = UnsafeRawBufferPointer(rebasing: rest)
      #if canImport(Darwin)
        let count = Darwin.write(descriptor, slice.baseAddress, min(slice.count, 1 << 30))
      #elseif canImport(Musl)
        let count = Musl.write(descriptor, slice.baseAddress, min(slice.count, 1 << 30))
      #else
        let count = Glibc.write(descriptor, slice.baseAddress, min(slice.count, 1 << 30))
      #endif
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw .cannotWrite(path, errno) }
      rest = rest.dropFirst(count)
    }
  }

  package func write(_ bytes: [UInt8]) throws(DiagnosticMessage) {
    try bytes.withUnsafeBufferPointer { (buffer) throws(DiagnosticMessage) in
      try write(UnsafeRawBufferPointer(buffer))
    }
  }

  package mutating func commit() throws(DiagnosticMessage) {
    let status = close(descriptor)
    descriptor = -1
    guard status == 0, rename(temporary, path) == 0 else {
      let code = errno
      unlink(temporary)
      throw .cannotWrite(path, code)
    }
  }

  deinit {
    guard descriptor >= 0 else { return }
    close(descriptor)
    unlink(temporary)
  }
}
