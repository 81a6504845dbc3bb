import COnnx

/// Puts the payloads back: the opposite of `WireScan`.
///
/// A packed skeleton is cut into pieces whose final lengths are known before the first byte is
/// written, so that a large model streams to its file.
struct WireSplice {
  /// A part of the file to be written.
  enum Piece {
    case copied(Range<Int>)
    case length(of: Int)
    case payload(Payload)
  }

  /// The payload of a tensor: which field it becomes and where its bytes are.
  struct Payload {
    var field: UInt32 = 0
    var source = 0
    var offset = 0
    var length = 0

    var header: [UInt8] {
      WireScan.varint(UInt64(field) << 3 | 2) + WireScan.varint(UInt64(length))
    }
  }

  private struct Frame {
    let descriptor: Descriptor
    let start: Int
    let lengthAt: Int
    let end: Int
    let index: Int
  }

  private(set) var pieces: [Piece] = []
  /// The final length of each message, by the order of their beginnings; the file's is the first.
  private(set) var lengths: [Int] = [0]
  private var reader: WireReader
  private var frames: [Frame] = []
  private var copied = 0

  /// Plans the file for a packed message.
  init(_ skeleton: UnsafeRawBufferPointer, as root: Descriptor) throws(WireFault) {
    reader = WireReader(skeleton)
    frames.append(
      Frame(descriptor: root, start: 0, lengthAt: 0, end: skeleton.count, index: 0))
    while let frame = frames.last {
      if reader.position == frame.end { close(frame) } else { try field(frame) }
    }
  }

  private mutating func field(_ frame: Frame) throws(WireFault) {
    let start = reader.position
    let tag = try reader.varint(before: frame.end)
    let lengthAt = reader.position
    switch tag & 7 {
    case 0: _ = try reader.varint(before: frame.end)
    case 1: try reader.skip(8, before: frame.end)
    case 5: try reader.skip(4, before: frame.end)
    default:
      let length = try reader.varint(before: frame.end)
      let body = reader.position
      try reader.skip(length, before: frame.end)
      let number = UInt32(truncatingIfNeeded: tag >> 3)
      if let schema = message(number, in: frame.descriptor) {
        let child = Frame(
          descriptor: schema, start: start, lengthAt: lengthAt, end: reader.position,
          index: lengths.count)
        reader.position = body
        return number == WireScan.detachedField ? try payload(child, frame) : open(child, body)
      }
    }
    lengths[frame.index] += reader.position - start
  }

  private func message(_ number: UInt32, in descriptor: Descriptor) -> Descriptor? {
    guard let index = WireScan.field(number, in: descriptor) else { return nil }
    let field = descriptor.pointee.fields[index]
    guard field.type == PROTOBUF_C_TYPE_MESSAGE else { return nil }
    return field.descriptor?.assumingMemoryBound(to: ProtobufCMessageDescriptor.self)
  }

  private mutating func open(_ child: Frame, _ body: Int) {
    flush(to: child.lengthAt)
    copied = body
    pieces.append(.length(of: child.index))
    lengths.append(0)
    frames.append(child)
  }

  private mutating func close(_ frame: Frame) {
    flush(to: reader.position)
    frames.removeLast()
    guard let parent = frames.last else { return }
    let length = lengths[frame.index]
    let prefix = WireScan.varint(UInt64(length)).count
    lengths[parent.index] += frame.lengthAt - frame.start + prefix + length
  }

  private mutating func payload(_ child: Frame, _ frame: Frame) throws(WireFault) {
    var payload = Payload()
    while reader.position < child.end {
      let tag = try reader.varint(before: child.end)
      switch tag {
      case 0x08: payload.field = UInt32(truncatingIfNeeded: try reader.varint(before: child.end))
      case 0x10: payload.source = Int(truncatingIfNeeded: try reader.varint(before: child.end))
      case 0x19: payload.offset = try fixed(before: child.end)
      case 0x21: payload.length = try fixed(before: child.end)
      default: throw reader.fault("a reference of an unknown form")
      }
    }
    flush(to: child.start)
    copied = child.end
    pieces.append(.payload(payload))
    lengths[frame.index] += payload.header.count + payload.length
  }

  private mutating func fixed(before end: Int) throws(WireFault) -> Int {
    let at = reader.position
    try reader.skip(8, before: end)
    return Int(
      truncatingIfNeeded: UInt64(
        littleEndian: reader.bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)))
  }

  private mutating func flush(to position: Int) {
    if copied < position { pieces.append(.copied(copied..<position)) }
    copied = position
  }
}
