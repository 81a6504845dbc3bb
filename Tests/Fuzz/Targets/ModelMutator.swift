import CoppiceIR

/// Damages a model where it means something: its fields, names, numbers and operators, so that what
/// comes out is still protobuf and gets past the scan of the wire.
package struct ModelMutator {
  private var state: UInt64
  /// The names of values that the model has.
  private var names: [[UInt8]] = []

  package init(seed: UInt64) {
    state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
  }

  /// A model with one to four things changed; nil if the bytes are no protobuf message.
  package mutating func mutated(_ bytes: [UInt8]) -> [UInt8]? {
    guard var tree = MessageTree(bytes, as: .model) else { return nil }
    names = tree.names
    for _ in 0..<(1 + pick(4)) { change(&tree, depth: 0) }
    return tree.encoded
  }

  private mutating func pick(_ count: Int) -> Int {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Int(state % UInt64(max(count, 1)))
  }

  /// Goes down to some message and changes one of its fields.
  private mutating func change(_ tree: inout MessageTree, depth: Int) {
    guard !tree.fields.isEmpty else { return }
    let index = pick(tree.fields.count)
    if case .message(var child) = tree.fields[index].content, pick(6) != 0 || depth == 0 {
      change(&child, depth: depth + 1)
      tree.fields[index].content = .message(child)
      return
    }
    switch pick(8) {
    case 0: tree.fields.remove(at: index)
    case 1: tree.fields.insert(tree.fields[index], at: pick(tree.fields.count + 1))
    case 2: tree.fields.swapAt(index, pick(tree.fields.count))
    case 3: tree.fields.append(tree.fields[pick(tree.fields.count)])
    default: changeContent(of: &tree.fields[index], in: tree.kind)
    }
  }

  private mutating func changeContent(
    of field: inout MessageTree.Field, in kind: MessageTree.Kind
  ) {
    switch field.content {
    case .number(let value): field.content = .number(changed(value))
    case .fixed(var bytes):
      bytes[pick(bytes.count)] = UInt8(pick(256))
      field.content = .fixed(bytes)
    case .bytes(let bytes): field.content = .bytes(changed(bytes, field.number, kind))
    case .message: field.number = 1 + pick(26)
    }
  }

  private mutating func changed(_ value: UInt64) -> UInt64 {
    let odd: [UInt64] = [
      0, 1, 2, 3, 4, 5, 7, 8, 16, 127, 128, 1 << 16, 1 << 31, 1 << 32, 1 << 40, 1 << 62, 1 << 63,
      .max, .max - 1, .max - 2,
    ]
    switch pick(4) {
    case 0: return value &+ 1
    case 1: return value &- 1
    case 2: return value ^ 1 << UInt64(pick(64))
    default: return odd[pick(odd.count)]
    }
  }

  private mutating func changed(
    _ bytes: [UInt8], _ field: Int, _ kind: MessageTree.Kind
  ) -> [UInt8] {
    switch (kind, field) {
    case (.node, 1), (.node, 2), (.value, 1), (.function, 4), (.function, 5):
      return pick(8) == 0 ? [] : names.isEmpty ? bytes : names[pick(names.count)]
    case (.node, 4) where pick(4) != 0:
      return Array(Self.operators[pick(Self.operators.count)].utf8)
    case (.attribute, 1) where pick(4) != 0:
      return Array(Self.attributes[pick(Self.attributes.count)].utf8)
    default:
      var bytes = bytes
      switch pick(4) {
      case 0 where !bytes.isEmpty: bytes.removeLast(1 + pick(bytes.count))
      case 1: bytes.append(contentsOf: bytes.prefix(1 + pick(16)))
      default: if !bytes.isEmpty { bytes[pick(bytes.count)] = UInt8(pick(256)) }
      }
      return bytes
    }
  }

  private static let operators = OperatorRegistry.all.map { $0.schema.name }
  private static let attributes = Array(
    Set(OperatorRegistry.all.flatMap { $0.schema.attributes.map(\.name) })
  ).sorted()
}

extension MessageTree {
  /// What nodes, inputs and initializers call their values.
  fileprivate var names: [[UInt8]] {
    fields.flatMap { field -> [[UInt8]] in
      switch (kind, field.number, field.content) {
      case (.node, 1, .bytes(let name)), (.node, 2, .bytes(let name)),
        (.value, 1, .bytes(let name)),
        (.tensor, 8, .bytes(let name)):
        [name]
      case (_, _, .message(let child)): child.names
      default: []
      }
    }
  }
}
