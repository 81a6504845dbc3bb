import COnnx
import CoppiceIR

extension TensorWriter {
  /// An attribute of a node.
  func attribute(_ name: String, _ value: Attribute) -> UnsafeMutablePointer<AttributeProto> {
    let proto = arena.allocate(AttributeProto.self, 1)
    coppice_onnx__attribute_proto__init(proto)
    proto.pointee.name = arena.string(name)
    proto.pointee.has_type = 1
    proto.pointee.type = kind(value).rawValue
    switch value {
    case .int(let value):
      proto.pointee.has_i = 1
      proto.pointee.i = Int64(value)
    case .float(let value):
      proto.pointee.has_f = 1
      proto.pointee.f = value
    case .string(let value):
      proto.pointee.has_s = 1
      proto.pointee.s = arena.bytes(value)
    case .ints(let values):
      proto.pointee.n_ints = values.count
      proto.pointee.ints = arena.array(values.map(Int64.init))
    case .floats(let values):
      proto.pointee.n_floats = values.count
      proto.pointee.floats = arena.array(values)
    case .strings(let values):
      proto.pointee.n_strings = values.count
      proto.pointee.strings = arena.array(values.map(arena.bytes))
    case .tensor(let constant):
      proto.pointee.t = tensor(constant, name: name)
    }
    return proto
  }

  private func kind(_ value: Attribute) -> AttributeKind {
    switch value {
    case .int: .int
    case .float: .float
    case .string: .string
    case .ints: .ints
    case .floats: .floats
    case .strings: .strings
    case .tensor: .tensor
    }
  }

  /// What a constant operand was as an attribute of an older opset.
  ///
  /// The kind is that of the attribute that it was.
  func attribute(_ name: String, _ constant: Constant, like kind: AttributeKind?) -> Attribute? {
    switch kind {
    case .int: constant.integers?.first.map { .int($0) }
    case .ints: constant.integers.map { .ints($0) }
    case .float: constant.numbers.first.map { .float(Float($0)) }
    case .floats: .floats(constant.numbers.map { Float($0) })
    case .tensor: .tensor(constant)
    default: nil
    }
  }
}
