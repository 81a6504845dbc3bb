package import CoppiceIR
import CoppiceJSON

/// Writes safetensors files whose bytes depend on nothing but the tensors and the metadata.
///
/// Wider elements come first and names ascend among equals, so that every tensor is aligned.
package struct SafetensorsWriter {
  private struct Tensor {
    let name: String
    let element: ElementType
    let shape: [Int]
    let bytes: [UInt8]
  }

  package var metadata: [String: String]
  private var tensors: [Tensor] = []

  package init(metadata: [String: String] = [:]) { self.metadata = metadata }

  /// Adds a tensor, given as its little-endian bytes in row-major order.
  package mutating func add(
    _ name: String, _ element: ElementType, shape: [Int], bytes: [UInt8]
  ) throws(DiagnosticMessage) {
    guard element.checkedByteCount(of: shape) == bytes.count else {
      throw DiagnosticMessage(
        "safetensors-write", "'\(name)' of shape \(shape) cannot have \(bytes.count) bytes")
    }
    guard name != "__metadata__", !tensors.contains(where: { $0.name == name }) else {
      throw DiagnosticMessage("safetensors-write", "the name '\(name)' is taken")
    }
    tensors.append(Tensor(name: name, element: element, shape: shape, bytes: bytes))
  }

  package mutating func add(_ name: String, shape: [Int], _ values: [Float])
    throws(DiagnosticMessage)
  {
    let bytes = values.map(\.bitPattern.littleEndian).withUnsafeBytes(Array.init)
    try add(name, .float32, shape: shape, bytes: bytes)
  }

  /// The whole file in memory.
  package func encoded() -> [UInt8] {
    let (header, ordered) = layout()
    return ordered.reduce(into: header) { $0 += $1.bytes }
  }

  package func write(to path: String) throws(DiagnosticMessage) {
    let (header, ordered) = layout()
    var output = try FileOutput(path: path)
    try output.write(header)
    for tensor in ordered { try output.write(tensor.bytes) }
    try output.commit()
  }

  private func layout() -> (header: [UInt8], ordered: [Tensor]) {
    let ordered = tensors.sorted {
      ($1.element.bits / 8, $0.name) < ($0.element.bits / 8, $1.name)
    }
    var members: [(String, JSON)] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }.map { ($0.key, JSON.text($0.value)) }
      members.append(("__metadata__", .object(pairs)))
    }
    var start = 0
    for tensor in ordered {
      let end = start + tensor.bytes.count
      members.append(
        (
          tensor.name,
          .object([
            ("dtype", .text(tensor.element.safetensorsName ?? "")),
            ("shape", .integers(tensor.shape)), ("data_offsets", .integers([start, end])),
          ])
        ))
      start = end
    }
    var text = Array(JSON.object(members).compact.utf8)
    while text.count % 8 != 0 { text.append(0x20) }
    let length = withUnsafeBytes(of: UInt64(text.count).littleEndian, Array.init)
    return (length + text, ordered)
  }
}
