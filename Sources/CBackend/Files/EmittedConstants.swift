import CoppiceIR
import CoppiceLowering

/// The constants that kernels read, in the order they are emitted.
struct EmittedConstants {
  struct Entry {
    var buffer: Buffer
    var name: String
    var title: String
    var bytes: Bytes
    var source: ValueID?
    /// Where it starts in the blob.
    var offset: Int
  }

  private(set) var list: [Entry] = []
  private var places: [Buffer: Int] = [:]
  private(set) var reports: [TensorReport] = []
  private(set) var denseByteCount = 0
  /// The blob's bytes, header included.
  private(set) var blobBytes: Int
  /// What binds the blob to the code: of the elements and their layout.
  private(set) var hash: (UInt64, UInt64) = (0, 0)
  /// The alignment of the blob and of long tables in it.
  let alignment: Int
  static let headerBytes = 64

  init(_ program: Program, _ used: Set<Buffer>, _ options: GenerationOptions) {
    alignment = options.target.tableAlignment
    var end = Self.headerBytes
    for slot in program.slots {
      guard case .constant(let bytes) = slot.role, used.contains(slot.buffer) else { continue }
      let step = bytes.count >= 1024 ? alignment : 16
      end = (end + step - 1) / step * step
      let word = identifier(slot.name)
      let name = "\(options.name)_w\(list.count)" + (word.isEmpty ? "" : "_" + word)
      places[slot.buffer] = list.count
      list.append(
        Entry(
          buffer: slot.buffer, name: name, title: slot.name, bytes: bytes, source: slot.source,
          offset: end))
      end += bytes.count
    }
    blobBytes = end
    makeReports(options)
    if options.weights == .blob { hash = makeHash() }
  }

  /// The constant behind a buffer.
  func entry(of buffer: Buffer) -> Entry? { places[buffer].map { list[$0] } }

  /// Every constant byte emitted.
  var byteCount: Int { list.reduce(0) { $0 + $1.bytes.count } }

  private mutating func makeReports(_ options: GenerationOptions) {
    var rows: [ValueID: Int] = [:]
    for entry in list {
      if let source = entry.source, let row = rows[source] {
        reports[row].bytes += entry.bytes.count
        continue
      }
      var report: TensorReport
      if let source = entry.source, let known = options.tensors[source] {
        report = known
        rows[source] = reports.count
      } else {
        report = Self.tableReport(entry)
      }
      report.bytes = entry.bytes.count
      denseByteCount += report.denseBytes
      reports.append(report)
    }
    for (value, report) in options.tensors where report.mayJoinWeights && rows[value] == nil {
      denseByteCount += report.denseBytes
    }
  }

  /// A row for a table that lowering made by itself.
  private static func tableReport(_ entry: Entry) -> TensorReport {
    let size = cSize(entry.buffer.element)
    let nonzeros = entry.bytes.withUnsafeBytes { raw in
      stride(from: 0, to: raw.count - raw.count % size, by: size).count { start in
        raw[start..<(start + size)].contains { $0 != 0 }
      }
    }
    return TensorReport(
      name: entry.title, shape: [entry.buffer.count], nonzeros: nonzeros, storage: "dense",
      denseBytes: entry.bytes.count, reason: "table made by lowering")
  }

  /// The header, then every table at its offset.
  var blob: [Bytes] {
    var header = Array("COPPICE\u{1}".utf8)
    for word in [hash.0, hash.1, UInt64(blobBytes)] {
      header += (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) }
    }
    header += [UInt8](repeating: 0, count: Self.headerBytes - header.count)
    var pieces = [Bytes(header)]
    var end = Self.headerBytes
    for entry in list {
      if entry.offset > end {
        pieces.append(Bytes([UInt8](repeating: 0, count: entry.offset - end)))
      }
      pieces.append(entry.bytes)
      end = entry.offset + entry.bytes.count
    }
    return pieces
  }

  private func makeHash() -> (UInt64, UInt64) {
    var state = MixedHash()
    for entry in list {
      state.add(UInt64(entry.offset))
      state.add(UInt64(entry.bytes.count))
      for byte in cName(entry.buffer.element).utf8 { state.add(UInt64(byte)) }
      entry.bytes.withUnsafeBytes { state.add($0) }
    }
    return state.finished
  }
}

/// A fast 128-bit hash that tells one set of weights from another; not meant against an attacker.
private struct MixedHash {
  private var a: UInt64 = 0x9E37_79B9_7F4A_7C15
  private var b: UInt64 = 0xC2B2_AE3D_27D4_EB4F

  @inline(__always)
  mutating func add(_ word: UInt64) {
    a = (a ^ word) &* 0xFF51_AFD7_ED55_8CCD
    a ^= a >> 32
    b = (b &+ word) &* 0xC4CE_B9FE_1A85_EC53
    b ^= b >> 29
  }

  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    let words = bytes.count / 8
    for index in 0..<words {
      add(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self)))
    }
    for byte in bytes[(words * 8)...] { add(UInt64(byte)) }
  }

  var finished: (UInt64, UInt64) {
    var copy = self
    copy.add(0x0123_4567_89AB_CDEF)
    copy.add(copy.b)
    return (copy.a, copy.b)
  }
}
