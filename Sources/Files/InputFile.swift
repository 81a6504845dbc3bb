#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The bytes of a file for as long as anything refers to it.
///
/// A file of up to `largestCopy` bytes is read into memory, so that nobody can change it while it is
/// used. A larger one is mapped; should it become shorter, reading past its new end is a SIGBUS, which
/// `Interruption.watch` turns into an error that names the file.
package final class InputFile: @unchecked Sendable {
  /// The most bytes that are copied.
  package static let largestCopy = 16 << 20

  /// The path as it was given.
  package let path: String
  /// The file's bytes.
  package let bytes: UnsafeRawBufferPointer
  private let isMapped: Bool

  /// Reads or maps a regular file.
  package init(path: String) throws(InputFault) {
    let descriptor = try Self.opened(path)
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw InputFault(.open, path, errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw InputFault(.kind, path) }
    let size = Int(status.st_size)
    self.path = path
    isMapped = size > Self.largestCopy
    bytes = try isMapped ? Self.map(descriptor, size, path) : Self.copy(descriptor, size, path)
    if isMapped { MappedRegions.add(bytes, path) }
  }

  /// Owns a copy of bytes that are in memory already.
  package init(copying source: UnsafeRawBufferPointer, name: String) {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: source.count, alignment: 64)
    copy.copyMemory(from: source)
    bytes = UnsafeRawBufferPointer(copy)
    path = name
    isMapped = false
  }

  deinit {
    guard isMapped, let base = bytes.baseAddress else { return bytes.deallocate() }
    MappedRegions.remove(bytes)
    munmap(UnsafeMutableRawPointer(mutating: base), bytes.count)
  }

  /// The bytes of a range, or nil if it does not lie in the file.
  package func slice(offset: Int, count: Int) -> UnsafeRawBufferPointer? {
    guard offset >= 0, count >= 0, offset <= bytes.count, count <= bytes.count - offset else {
      return nil
    }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
  }

  private static func opened(_ path: String) throws(InputFault) -> Int32 {
    guard !path.utf8.contains(0) else { throw InputFault(.path, path) }
    // A pipe must not stop the program while it waits for a writer.
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
    guard descriptor >= 0 else { throw InputFault(.open, path, errno) }
    return descriptor
  }

  private static func map(
    _ descriptor: Int32, _ size: Int, _ path: String
  ) throws(InputFault) -> UnsafeRawBufferPointer {
    let base = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let base, base != MAP_FAILED else { throw InputFault(.read, path, errno) }
    return UnsafeRawBufferPointer(start: base, count: size)
  }

  private static func copy(
    _ descriptor: Int32, _ size: Int, _ path: String
  ) throws(InputFault) -> UnsafeRawBufferPointer {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
    var done = 0
    while done < size, let base = memory.baseAddress {
      let count = pread(descriptor, base + done, size - done, off_t(done))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        let fault = count < 0 ? InputFault(.read, path, errno) : InputFault(.changed, path)
        memory.deallocate()
        throw fault
      }
      done += count
    }
    return UnsafeRawBufferPointer(memory)
  }
}
