internal import CZlib
import CoppiceIR

/// The central directory of a zip file, with the extensions for large files.
struct ZipDirectory {
  struct Member {
    let name: String
    let method: UInt16
    let checksum: UInt32
    let compressedSize: Int
    let size: Int
    let headerOffset: Int
  }

  let members: [Member]

  init(_ file: FileBytes) throws(DiagnosticMessage) {
    let end = try Self.endRecord(file)
    let reader = ZipReader(file)
    var at = end.offset
    var members: [Member] = []
    for _ in 0..<end.count {
      guard try reader.u32(at) == 0x0201_4B50 else {
        throw .zip(file, "an entry of its directory lacks the signature")
      }
      members.append(try Self.member(reader, at))
      let lengths = [try reader.u16(at + 28), try reader.u16(at + 30), try reader.u16(at + 32)]
      at += 46 + lengths.reduce(0) { $0 + Int($1) }
    }
    let total = members.reduce(0) { $0 &+ $1.compressedSize }
    guard total <= file.bytes.count else { throw .zip(file, "its members overlap") }
    self.members = members
  }

  private static func member(_ reader: ZipReader, _ at: Int) throws(DiagnosticMessage) -> Member {
    let flags = try reader.u16(at + 8)
    guard flags & 1 == 0 else { throw .zip(reader.file, "encrypted members are not supported") }
    let nameLength = Int(try reader.u16(at + 28))
    let extraLength = Int(try reader.u16(at + 30))
    var wide = WideFields(
      size: Int(try reader.u32(at + 24)), compressedSize: Int(try reader.u32(at + 20)),
      offset: Int(try reader.u32(at + 42)))
    try wide.read(reader, at + 46 + nameLength, extraLength)
    return Member(
      name: String(decoding: try reader.slice(at + 46, nameLength), as: UTF8.self),
      method: try reader.u16(at + 10), checksum: try reader.u32(at + 16),
      compressedSize: wide.compressedSize, size: wide.size, headerOffset: wide.offset)
  }

  private static func endRecord(
    _ file: FileBytes
  ) throws(DiagnosticMessage) -> (count: Int, offset: Int) {
    let reader = ZipReader(file)
    let last = file.bytes.count - 22
    var at = last
    while at >= max(0, last - 0xFFFF), try reader.u32(at) != 0x0605_4B50 { at -= 1 }
    guard at >= max(0, last - 0xFFFF) else { throw .zip(file, "it has no end record") }
    let count = Int(try reader.u16(at + 10))
    let offset = Int(try reader.u32(at + 16))
    guard count == 0xFFFF || offset == 0xFFFF_FFFF, at >= 20,
      try reader.u32(at - 20) == 0x0706_4B50
    else { return (count, offset) }
    let wide = try reader.u64(at - 12)
    guard try reader.u32(wide) == 0x0606_4B50 else {
      throw .zip(file, "its end record for large files is missing")
    }
    return (try reader.u64(wide + 32), try reader.u64(wide + 48))
  }
}

/// Sizes and offset of a member, replaced by their 64-bit forms where the 32-bit ones are full.
private struct WideFields {
  var size: Int
  var compressedSize: Int
  var offset: Int

  mutating func read(_ reader: ZipReader, _ start: Int, _ length: Int) throws(DiagnosticMessage) {
    var at = start
    while at + 4 <= start + length {
      let (id, count) = (try reader.u16(at), Int(try reader.u16(at + 2)))
      if id == 1 {
        var field = at + 4
        if size == 0xFFFF_FFFF { size = try reader.next(&field) }
        if compressedSize == 0xFFFF_FFFF { compressedSize = try reader.next(&field) }
        if offset == 0xFFFF_FFFF { offset = try reader.next(&field) }
      }
      at += 4 + count
    }
  }
}

/// Bounds-checked little-endian reads.
struct ZipReader {
  let file: FileBytes

  init(_ file: FileBytes) { self.file = file }

  func slice(_ at: Int, _ count: Int) throws(DiagnosticMessage) -> UnsafeRawBufferPointer {
    guard at >= 0, count >= 0, at <= file.bytes.count, count <= file.bytes.count - at else {
      throw .zip(file, "a record goes past the end of the file")
    }
    return UnsafeRawBufferPointer(rebasing: file.bytes[at..<at + count])
  }

  func u16(_ at: Int) throws(DiagnosticMessage) -> UInt16 {
    UInt16(littleEndian: try slice(at, 2).loadUnaligned(as: UInt16.self))
  }

  func u32(_ at: Int) throws(DiagnosticMessage) -> UInt32 {
    UInt32(littleEndian: try slice(at, 4).loadUnaligned(as: UInt32.self))
  }

  func u64(_ at: Int) throws(DiagnosticMessage) -> Int {
    let value = UInt64(littleEndian: try slice(at, 8).loadUnaligned(as: UInt64.self))
    guard value <= UInt64(file.bytes.count) << 11 else {
      throw .zip(file, "a size of \(value) cannot be right")
    }
    return Int(value)
  }

  func next(_ at: inout Int) throws(DiagnosticMessage) -> Int {
    defer { at += 8 }
    return try u64(at)
  }
}

extension ZipDirectory.Member {
  /// The member's bytes, inflated and checked.
  func contents(in file: FileBytes) throws(DiagnosticMessage) -> [UInt8] {
    let reader = ZipReader(file)
    guard try reader.u32(headerOffset) == 0x0403_4B50 else {
      throw .zip(file, "'\(name)' has no local header")
    }
    let skipped = Int(try reader.u16(headerOffset + 26)) + Int(try reader.u16(headerOffset + 28))
    let stored = try reader.slice(headerOffset + 30 + skipped, compressedSize)
    let bytes: [UInt8]
    switch method {
    case 0: bytes = Array(stored)
    case 8: bytes = try inflated(stored, in: file)
    default: throw .zip(file, "'\(name)' is packed by method \(method); only 0 and 8 are known")
    }
    guard bytes.count == size, crc32(bytes) == checksum else {
      throw .zip(file, "'\(name)' does not have the size and checksum of its entry")
    }
    return bytes
  }

  private func inflated(
    _ stored: UnsafeRawBufferPointer, in file: FileBytes
  ) throws(DiagnosticMessage) -> [UInt8] {
    guard let bytes = Inflater.unpack(stored, size: size) else {
      throw .zip(file, "the packed bytes of '\(name)' are damaged")
    }
    return bytes
  }
}

private func crc32(_ bytes: [UInt8]) -> UInt32 {
  bytes.withUnsafeBufferPointer { UInt32(crc32_z(0, $0.baseAddress, $0.count)) }
}

extension DiagnosticMessage {
  static func zip(_ file: FileBytes, _ what: String) -> Self {
    Self("npz", "'\(file.name)' is not a readable npz file: \(what)")
  }
}
