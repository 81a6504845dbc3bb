#if canImport(Glibc)
  import Glibc
#endif

extension Bytes {
  /// Tells the system that these bytes will not be read soon.
  ///
  /// Pages of a mapped file leave memory and come back when they are read. Nothing changes for other
  /// memory, and on other systems than Linux.
  package func letGo() {
    #if canImport(Glibc)
      withUnsafeBytes { bytes in
        guard let base = bytes.baseAddress else { return }
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let start = (Int(bitPattern: base) + page - 1) / page * page
        let end = (Int(bitPattern: base) + bytes.count) / page * page
        guard end > start, let first = UnsafeMutableRawPointer(bitPattern: start) else { return }
        // MADV_PAGEOUT of Linux 5.4; older kernels refuse it, and all stays as it is.
        _ = madvise(first, end - start, 21)
      }
    #endif
  }
}
