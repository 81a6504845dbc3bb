import COnnx

extension WireScan {
  /// How a field of the schema stands on the wire.
  enum Kind {
    case varint, fixed32, fixed64, string, bytes, message

    init(_ type: ProtobufCType) {
      switch type {
      case PROTOBUF_C_TYPE_MESSAGE: self = .message
      case PROTOBUF_C_TYPE_STRING: self = .string
      case PROTOBUF_C_TYPE_BYTES: self = .bytes
      case PROTOBUF_C_TYPE_FLOAT, PROTOBUF_C_TYPE_FIXED32, PROTOBUF_C_TYPE_SFIXED32:
        self = .fixed32
      case PROTOBUF_C_TYPE_DOUBLE, PROTOBUF_C_TYPE_FIXED64, PROTOBUF_C_TYPE_SFIXED64:
        self = .fixed64
      default: self = .varint
      }
    }
  }

  /// The index of a numbered field in a message's schema.
  static func field(
    _ number: UInt32, in descriptor: UnsafePointer<ProtobufCMessageDescriptor>
  ) -> Int? {
    let fields = UnsafeBufferPointer(
      start: descriptor.pointee.fields, count: Int(descriptor.pointee.n_fields))
    return fields.firstIndex { $0.id == number }
  }

  static func name(_ field: ProtobufCFieldDescriptor) -> String {
    field.name.map { String(cString: $0) } ?? "?"
  }

  /// Whether a field is one of those that hold a tensor's values.
  static func isPayload(
    _ number: UInt32, _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>
  ) -> Bool {
    guard descriptor == coppice_onnx_tensor_descriptor() else { return false }
    return [4, 5, 7, 9, 10, 11].contains(number)
  }

  /// The field that stands for a payload in the skeleton.
  static func reference(_ number: UInt32, offset: Int, length: Int) -> [UInt8] {
    var body: [UInt8] = [0x08, UInt8(number), 0x10, 0x00, 0x19]
    body.append(contentsOf: littleEndian(offset))
    body.append(0x21)
    body.append(contentsOf: littleEndian(length))
    let tag = UInt64(536_870_001) << 3 | 2
    return varint(tag) + varint(UInt64(body.count)) + body
  }

  static func varint(_ value: UInt64) -> [UInt8] {
    var rest = value
    var bytes: [UInt8] = []
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7f) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
    return bytes
  }

  private static func littleEndian(_ value: Int) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }
}
