import Synchronization

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The files that are mapped now, so that a fault in one of them can be told by its name.
enum MappedRegions {
  private struct Region {
    let start: UInt
    let count: Int
    let path: String
  }

  private static let regions = Mutex<[Region]>([])

  static func add(_ bytes: UnsafeRawBufferPointer, _ path: String) {
    let region = Region(start: UInt(bitPattern: bytes.baseAddress), count: bytes.count, path: path)
    regions.withLock { $0.append(region) }
  }

  static func remove(_ bytes: UnsafeRawBufferPointer) {
    let start = UInt(bitPattern: bytes.baseAddress)
    regions.withLock { all in all.removeAll { $0.start == start } }
  }

  /// A mapped file that is shorter than it was.
  static func shortened() -> String? {
    regions.withLock { all in
      all.first { region in
        var status = stat()
        return stat(region.path, &status) != 0 || Int(status.st_size) < region.count
      }?.path
    }
  }
}
