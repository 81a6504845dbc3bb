internal import CZlib

/// Unpacks deflate streams (RFC 1951) by zlib.
enum Inflater {
  /// The most bytes that deflate makes of one.
  private static let largestGrowth = 1032

  /// Unpacks a stream of a known size, which is checked against what the stream can hold before
  /// memory is taken.
  ///
  /// - Parameters:
  ///   - input: The stream; what follows it is ignored.
  ///   - size: The bytes that it must unpack to.
  /// - Returns: The bytes; `nil` if the stream is damaged or of another size.
  static func unpack(_ input: UnsafeRawBufferPointer, size: Int) -> [UInt8]? {
    guard size >= 0, size / largestGrowth <= input.count else { return nil }
    var stream = z_stream()
    let version = inflateInit2_(
      &stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard version == Z_OK else { return nil }
    defer { inflateEnd(&stream) }
    var isWhole = false
    // One byte more than is wanted shows a stream that is too long.
    let bytes = [UInt8](unsafeUninitializedCapacity: size + 1) { out, count in
      count = run(&stream, input, UnsafeMutableRawBufferPointer(out))
      isWhole = count == size
    }
    return isWhole ? bytes : nil
  }

  /// Runs the stream to its end; zlib counts in 32 bits, so that long ones go piece by piece.
  ///
  /// - Returns: The bytes written; 0 for a damaged stream, and all there is room for if it goes on.
  private static func run(
    _ stream: inout z_stream, _ input: UnsafeRawBufferPointer,
    _ output: UnsafeMutableRawBufferPointer
  ) -> Int {
    let piece = 1 << 30
    var (read, written) = (0, 0)
    while true {
      let given = min(piece, input.count - read)
      let room = min(piece, output.count - written)
      stream.next_in = UnsafeMutablePointer(
        mutating: input.baseAddress.map { ($0 + read).assumingMemoryBound(to: Bytef.self) })
      stream.next_out = output.baseAddress.map {
        ($0 + written).assumingMemoryBound(to: Bytef.self)
      }
      (stream.avail_in, stream.avail_out) = (UInt32(given), UInt32(room))
      let status = inflate(&stream, Z_NO_FLUSH)
      read += given - Int(stream.avail_in)
      written += room - Int(stream.avail_out)
      if status == Z_STREAM_END || written == output.count { return written }
      guard status == Z_OK, read < input.count || stream.avail_out == 0 else { return 0 }
    }
  }
}
