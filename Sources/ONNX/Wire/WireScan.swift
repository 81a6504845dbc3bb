import COnnx

/// Checks a protobuf file against the schema before protobuf-c sees it, and cuts the payloads out.
///
/// protobuf-c recurses and allocates what a file asks for; so lengths, varints, wire types, nesting
/// and the memory that decoding will take are checked here first, without recursion. Each tensor
/// payload of a kilobyte or more is replaced in the rebuilt skeleton by a reference into the file
/// (`TensorProto.detached`), so that weights are never copied.
///
/// - Complexity: O(*n*) in the bytes of the file that are not payload.
struct WireScan {
  private static let maximumDepth = 100
  static let detachedField: UInt32 = 536_870_001
  private static let smallestDetached = 1024

  private struct Frame {
    let descriptor: UnsafePointer<ProtobufCMessageDescriptor>
    let end: Int
    /// Where the skeleton holds this message's length, to be written when it is known.
    let lengthSlot: Int
    var seen: UInt64 = 0
    var payloadField: UInt32 = 0
    var payloadIsDetached = false
  }

  /// A length-delimited field: its number, where its tag and its length stand, how long it is.
  private struct Run {
    let number: UInt32
    let start: Int
    let lengthAt: Int
    let length: Int
    let level: Int
  }

  private var reader: WireReader
  private var skeleton: [UInt8] = []
  private var copied = 0
  private var frames: [Frame] = []
  private var cost = 0
  private let budget: Int

  private init(_ bytes: UnsafeRawBufferPointer) {
    reader = WireReader(bytes)
    // Real models need a few times their skeleton; a file made of empty messages needs eighty times.
    budget = 256 << 20 + 2 * bytes.count
  }

  /// The skeleton of a message: the same message with references in place of its payloads.
  static func skeleton(
    of bytes: UnsafeRawBufferPointer, as root: UnsafePointer<ProtobufCMessageDescriptor>
  ) throws(WireFault) -> [UInt8] {
    var scan = WireScan(bytes)
    scan.frames.append(Frame(descriptor: root, end: bytes.count, lengthSlot: -1))
    while let frame = scan.frames.last {
      if scan.reader.position == frame.end {
        try scan.close()
      } else {
        try scan.field()
      }
    }
    return scan.skeleton
  }

  private mutating func field() throws(WireFault) {
    let level = frames.count - 1
    let start = reader.position
    let end = frames[level].end
    let tag = try reader.varint(before: end)
    guard tag >> 3 >= 1, tag >> 3 < 1 << 29 else { throw reader.fault("field number \(tag >> 3)") }
    let number = UInt32(tag >> 3)
    guard number != Self.detachedField else { throw reader.fault("a reserved field number") }
    try spend(48)
    let index = Self.field(number, in: frames[level].descriptor)
    switch tag & 7 {
    case 0:
      _ = try reader.varint(before: end)
      if let index { try expect(index, .varint, level) }
    case 1:
      try reader.skip(8, before: end)
      if let index { try expect(index, .fixed64, level) }
    case 5:
      try reader.skip(4, before: end)
      if let index { try expect(index, .fixed32, level) }
    case 2:
      let lengthAt = reader.position
      let length = try reader.varint(before: end)
      guard length <= UInt64(end - reader.position) else {
        throw reader.fault("a length of \(length) bytes where \(end - reader.position) are left")
      }
      let run = Run(
        number: number, start: start, lengthAt: lengthAt, length: Int(length), level: level)
      try lengthDelimited(index, run)
    default:
      throw reader.fault("wire type \(tag & 7)")
    }
  }

  private mutating func lengthDelimited(_ index: Int?, _ run: Run) throws(WireFault) {
    guard let index else { return try opaque(run.length) }
    let field = frames[run.level].descriptor.pointee.fields[index]
    let isPayload = Self.isPayload(run.number, frames[run.level].descriptor)
    switch Kind(field.type) {
    case .message: try open(field, index, run)
    case .string: try string(field, run.length)
    case .bytes where isPayload: try payload(field, run)
    case .bytes: try opaque(run.length)
    case .varint, .fixed32, .fixed64:
      guard field.label == PROTOBUF_C_LABEL_REPEATED else {
        throw reader.fault("field '\(Self.name(field))' has the wrong wire type")
      }
      if isPayload { try payload(field, run) } else { try packed(field, run.length) }
    }
  }

  private mutating func opaque(_ length: Int) throws(WireFault) {
    try spend(length + 16)
    reader.position += length
  }

  private mutating func open(
    _ field: ProtobufCFieldDescriptor, _ index: Int, _ run: Run
  ) throws(WireFault) {
    guard let raw = field.descriptor else { throw reader.fault("a message without a schema") }
    guard frames.count < Self.maximumDepth else {
      throw reader.fault("messages nested more than \(Self.maximumDepth) deep")
    }
    let bit: UInt64 = 1 << UInt64(index)
    if field.label != PROTOBUF_C_LABEL_REPEATED, frames[run.level].seen & bit != 0 {
      throw reader.fault("field '\(Self.name(field))' is there twice")
    }
    frames[run.level].seen |= bit
    let descriptor = raw.assumingMemoryBound(to: ProtobufCMessageDescriptor.self)
    try spend(descriptor.pointee.sizeof_message + 24)
    // The tag as it stands, then a length of five bytes to be filled in.
    flush(to: run.lengthAt)
    let slot = skeleton.count
    skeleton.append(contentsOf: [0x80, 0x80, 0x80, 0x80, 0])
    copied = reader.position
    let end = reader.position + run.length
    frames.append(Frame(descriptor: descriptor, end: end, lengthSlot: slot))
  }

  private mutating func close() throws(WireFault) {
    flush(to: reader.position)
    guard let frame = frames.popLast(), frame.lengthSlot >= 0 else { return }
    var length = skeleton.count - frame.lengthSlot - 5
    guard length < 1 << 31 else { throw reader.fault("more than two gigabytes of structure") }
    for step in 0..<5 {
      skeleton[frame.lengthSlot + step] = UInt8(length & 0x7f) | (step < 4 ? 0x80 : 0)
      length >>= 7
    }
  }

  private mutating func payload(
    _ field: ProtobufCFieldDescriptor, _ run: Run
  ) throws(WireFault) {
    let detach = run.length >= Self.smallestDetached
    let earlier = frames[run.level].payloadField
    let repeats = detach || frames[run.level].payloadIsDetached || earlier != run.number
    guard earlier == 0 || !repeats else { throw reader.fault("a tensor holds its values twice") }
    frames[run.level].payloadField = run.number
    guard detach else {
      return Kind(field.type) == .bytes
        ? try opaque(run.length) : try packed(field, run.length)
    }
    frames[run.level].payloadIsDetached = true
    flush(to: run.start)
    let reference = Self.reference(run.number, offset: reader.position, length: run.length)
    skeleton.append(contentsOf: reference)
    try spend(128)
    reader.position += run.length
    copied = reader.position
  }

  private mutating func string(
    _ field: ProtobufCFieldDescriptor, _ length: Int
  ) throws(WireFault) {
    try spend(length + 24)
    let text = reader.bytes[reader.position..<reader.position + length]
    guard !text.contains(0) else {
      throw reader.fault("a zero byte in the text of field '\(Self.name(field))'")
    }
    reader.position += length
  }

  private mutating func packed(
    _ field: ProtobufCFieldDescriptor, _ length: Int
  ) throws(WireFault) {
    try spend(8 * length)
    let end = reader.position + length
    switch Kind(field.type) {
    case .fixed32 where length % 4 == 0, .fixed64 where length % 8 == 0:
      reader.position = end
    case .varint:
      while reader.position < end { _ = try reader.varint(before: end) }
    default:
      throw reader.fault("field '\(Self.name(field))' is cut off")
    }
  }

  private func expect(_ index: Int, _ kind: Kind, _ level: Int) throws(WireFault) {
    let field = frames[level].descriptor.pointee.fields[index]
    guard kind == Kind(field.type) else {
      throw reader.fault("field '\(Self.name(field))' has the wrong wire type")
    }
  }

  private mutating func spend(_ bytes: Int) throws(WireFault) {
    cost += bytes
    guard cost <= budget else {
      throw reader.fault("decoding would take more than \(budget >> 20) MB of memory")
    }
  }

  private mutating func flush(to position: Int) {
    guard copied < position else { return }
    skeleton.append(
      contentsOf: UnsafeRawBufferPointer(rebasing: reader.bytes[copied..<position]))
    copied = position
  }
}
