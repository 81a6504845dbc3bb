package import CoppiceIR
import Glibc

/// Writes a file beside its final name and moves it there when it is whole.
package final class FileWriter {
  private static let bufferSize = 1 << 20

  private let path: String
  private let scratch: String
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private var isOpen = true
  /// The bytes written so far.
  package private(set) var count = 0

  /// Starts a file.
  package init(path: String) throws(WireFault) {
    self.path = path
    scratch = path + ".\(getpid()).part"
    descriptor = open(scratch, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw WireFault("file-write", "cannot write '\(path)': \(String(cString: strerror(errno)))")
    }
  }

  deinit {
    guard isOpen else { return }
    close(descriptor)
    unlink(scratch)
  }

  /// Appends bytes.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(WireFault) {
    count += bytes.count
    if buffer.count + bytes.count > Self.bufferSize { try flush() }
    if bytes.count > Self.bufferSize {
      try writeThrough(bytes)
    } else {
      buffer.append(contentsOf: bytes)
    }
  }

  /// Appends bytes.
  package func write(_ bytes: [UInt8]) throws(WireFault) {
    count += bytes.count
    buffer += bytes
    if buffer.count > Self.bufferSize { try flush() }
  }

  /// Appends bytes.
  package func write(_ bytes: Bytes) throws(WireFault) {
    var outcome: WireFault?
    bytes.withUnsafeBytes { memory in
      do throws(WireFault) { try write(memory) } catch { outcome = error }
    }
    if let outcome { throw outcome }
  }

  /// Moves the file to its final name.
  package func finish() throws(WireFault) {
    try flush()
    isOpen = false
    guard close(descriptor) == 0, rename(scratch, path) == 0 else {
      let reason = String(cString: strerror(errno))
      unlink(scratch)
      throw WireFault("file-write", "cannot write '\(path)': \(reason)")
    }
  }

  private func flush() throws(WireFault) {
    let full = buffer
    buffer.removeAll(keepingCapacity: true)
    try full.withUnsafeBufferPointer { (bytes) throws(WireFault) in
      try writeThrough(UnsafeRawBufferPointer(bytes))
    }
  }

  private func writeThrough(_ bytes: UnsafeRawBufferPointer) throws(WireFault) {
    var rest = bytes
    while let start = rest.baseAddress, !rest.isEmpty {
      let written = Glibc.write(descriptor, start, rest.count)
      if written < 0, errno == EINTR { continue }
      guard written > 0 else {
        throw WireFault("file-write", "cannot write '\(path)': \(String(cString: strerror(errno)))")
      }
      rest = UnsafeRawBufferPointer(rebasing: rest[written...])
    }
  }
}
