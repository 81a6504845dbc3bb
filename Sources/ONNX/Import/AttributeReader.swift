import COnnx
import CoppiceIR

/// What an attribute holds, by the numbers of `AttributeProto.type`.
enum AttributeKind: Int32 {
  case float = 1, int, string, tensor, graph, floats, ints, strings, tensors, graphs
  case sparseTensor, sparseTensors, type, types

  /// The kind of an attribute; files before IR version 2 do not say it.
  init?(_ attribute: AttributeProto) {
    if attribute.type != 0 {
      self.init(rawValue: attribute.type)
    } else if let kind = Self.guessed(attribute) {
      self = kind
    } else {
      return nil
    }
  }

  private static func guessed(_ attribute: AttributeProto) -> AttributeKind? {
    if attribute.has_f != 0 { return .float }
    if attribute.has_i != 0 { return .int }
    if attribute.has_s != 0 { return .string }
    if attribute.t != nil { return .tensor }
    if attribute.g != nil { return .graph }
    if attribute.n_floats > 0 { return .floats }
    if attribute.n_ints > 0 { return .ints }
    if attribute.n_strings > 0 { return .strings }
    return nil
  }
}

extension TensorReader {
  /// The value of an attribute, or nil for subgraphs, which are blocks of the node.
  func attribute(
    _ attribute: UnsafeMutablePointer<AttributeProto>
  ) throws(DiagnosticMessage) -> Attribute? {
    let proto = attribute.pointee
    switch AttributeKind(proto) {
    case .float: return .float(proto.f)
    case .int: return .int(Int(proto.i))
    case .string: return .string(utf8(proto.s))
    case .floats: return .floats(Array(list(proto.floats, proto.n_floats)))
    case .ints: return .ints(list(proto.ints, proto.n_ints).map(Int.init))
    case .strings: return .strings(list(proto.strings, proto.n_strings).map(utf8))
    case .graph, .graphs: return nil
    case .tensor:
      guard let tensor = proto.t else { break }
      return .tensor(try constant(tensor))
    case .sparseTensor:
      guard let sparse = proto.sparse_tensor else { break }
      return .tensor(try constant(sparse))
    case .tensors, .sparseTensors, .type, .types, nil: break
    }
    throw DiagnosticMessage(
      "attribute-kind",
      "attribute '\(text(proto.name))' is of kind \(proto.type), which has no meaning here")
  }

  private func utf8(_ data: ProtobufCBinaryData) -> String {
    String(decoding: list(data.data, data.len), as: UTF8.self)
  }
}
