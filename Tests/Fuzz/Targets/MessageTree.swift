/// A protobuf message as a tree, by ONNX's schema; all that is not known to be a message is bytes.
struct MessageTree {
  indirect enum Content {
    case number(UInt64)
    case fixed([UInt8])
    case bytes([UInt8])
    case message(MessageTree)
  }

  struct Field {
    var number: Int
    var content: Content
  }

  let kind: Kind
  var fields: [Field] = []

  enum Kind {
    case model, graph, node, attribute, tensor, sparse, value, type, tensorType, shape, dim
    case function, opset, entry

    /// What a field of the message holds; nil for all but messages.
    func child(_ field: Int) -> Kind? {
      switch (self, field) {
      case (.model, 7): .graph
      case (.model, 8), (.function, 9): .opset
      case (.model, 14), (.tensor, 13): .entry
      case (.model, 25): .function
      case (.graph, 1), (.function, 7): .node
      case (.graph, 5), (.attribute, 5), (.attribute, 10), (.sparse, 1), (.sparse, 2): .tensor
      case (.graph, 11), (.graph, 12), (.graph, 13), (.function, 12): .value
      case (.graph, 15), (.attribute, 22): .sparse
      case (.node, 5), (.function, 11): .attribute
      case (.attribute, 6), (.attribute, 11): .graph
      case (.attribute, 14), (.value, 2): .type
      case (.type, 1): .tensorType
      case (.tensorType, 2): .shape
      case (.shape, 1): .dim
      default: nil
      }
    }
  }

  init?(_ bytes: some Collection<UInt8>, as kind: Kind, depth: Int = 0) {
    self.kind = kind
    guard depth < 40 else { return nil }
    var rest = bytes[...]
    while !rest.isEmpty {
      guard let tag = Self.varint(&rest), tag >> 3 > 0, tag >> 3 < 1 << 29 else { return nil }
      let number = Int(tag >> 3)
      switch tag & 7 {
      case 0:
        guard let value = Self.varint(&rest) else { return nil }
        fields.append(Field(number: number, content: .number(value)))
      case 1, 5:
        let width = tag & 7 == 1 ? 8 : 4
        guard rest.count >= width else { return nil }
        fields.append(Field(number: number, content: .fixed(Array(rest.prefix(width)))))
        rest = rest.dropFirst(width)
      case 2:
        guard let length = Self.varint(&rest), length <= UInt64(rest.count) else { return nil }
        let body = rest.prefix(Int(length))
        rest = rest.dropFirst(Int(length))
        let tree = kind.child(number).flatMap { MessageTree(body, as: $0, depth: depth + 1) }
        fields.append(
          Field(number: number, content: tree.map { .message($0) } ?? .bytes(Array(body))))
      default: return nil
      }
    }
  }

  var encoded: [UInt8] {
    var out: [UInt8] = []
    for field in fields {
      let tag = UInt64(field.number) << 3
      switch field.content {
      case .number(let value): out += Self.varint(tag) + Self.varint(value)
      case .fixed(let bytes): out += Self.varint(tag | (bytes.count == 8 ? 1 : 5)) + bytes
      case .bytes(let bytes): out += Self.varint(tag | 2) + Self.varint(UInt64(bytes.count)) + bytes
      case .message(let tree):
        let body = tree.encoded
        out += Self.varint(tag | 2) + Self.varint(UInt64(body.count)) + body
      }
    }
    return out
  }

  private static func varint<Bytes: Collection<UInt8>>(_ rest: inout Bytes) -> UInt64?
  where Bytes.SubSequence == Bytes {
    var value: UInt64 = 0
    for shift in 0..<10 {
      guard let byte = rest.first else { return nil }
      rest = rest.dropFirst()
      value |= UInt64(byte & 0x7F) << UInt64(7 * shift)
      if byte & 0x80 == 0 { return value }
    }
    return nil
  }

  private static func varint(_ value: UInt64) -> [UInt8] {
    var (rest, bytes): (UInt64, [UInt8]) = (value, [])
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }
}
