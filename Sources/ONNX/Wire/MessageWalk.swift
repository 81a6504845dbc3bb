import COnnx

typealias Message = UnsafeMutableRawPointer
typealias Descriptor = UnsafePointer<ProtobufCMessageDescriptor>

/// Visits a decoded message and every message inside it, in the order of the schema.
///
/// Depth is bounded by what `WireScan` let through.
func walkMessages(_ root: Message, _ descriptor: Descriptor, _ visit: (Message, Descriptor) -> Void)
{
  var pending = [(root, descriptor)]
  while let (message, descriptor) = pending.popLast() {
    visit(message, descriptor)
    var children: [(Message, Descriptor)] = []
    for index in 0..<Int(descriptor.pointee.n_fields) {
      let field = descriptor.pointee.fields[index]
      guard field.type == PROTOBUF_C_TYPE_MESSAGE, let raw = field.descriptor else { continue }
      let schema = raw.assumingMemoryBound(to: ProtobufCMessageDescriptor.self)
      let slot = message + Int(field.offset)
      if field.label == PROTOBUF_C_LABEL_REPEATED {
        let count = (message + Int(field.quantifier_offset)).load(as: Int.self)
        let items = slot.load(as: UnsafeMutablePointer<Message?>?.self)
        children += list(items, count).compactMap { $0.map { ($0, schema) } }
      } else if let child = slot.load(as: Message?.self) {
        children.append((child, schema))
      }
    }
    pending += children.reversed()
  }
}
