import Glibc

/// A file mapped into memory for as long as anything refers to it.
package final class MappedFile: @unchecked Sendable {
  /// The path as it was given.
  package let path: String
  /// The file's bytes.
  package let bytes: UnsafeRawBufferPointer

  /// Maps a regular file.
  package init(path: String) throws(WireFault) {
    guard !path.utf8.contains(0) else {
      throw WireFault("file-path", "the path of a file holds a zero byte")
    }
    // A pipe must not stop the program while it waits for a writer.
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw WireFault("file-open", "cannot open '\(path)': \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw WireFault("file-open", "'\(path)' is not a regular file")
    }
    self.path = path
    let size = Int(status.st_size)
    guard size > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    let address = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let address, address != MAP_FAILED else {
      throw WireFault("file-map", "cannot map '\(path)': \(String(cString: strerror(errno)))")
    }
    bytes = UnsafeRawBufferPointer(start: address, count: size)
  }

  deinit {
    if let address = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: address), bytes.count)
    }
  }

  /// The bytes of a range, or nil if it does not lie in the file.
  package func slice(offset: Int, count: Int) -> UnsafeRawBufferPointer? {
    guard offset >= 0, count >= 0, offset <= bytes.count, count <= bytes.count - offset else {
      return nil
    }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
  }
}
