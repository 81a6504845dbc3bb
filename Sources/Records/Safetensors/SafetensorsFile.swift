package import CoppiceIR
import CoppiceJSON

/// An opened safetensors file: every name, type, shape and extent has been checked.
///
/// The layout is eight bytes of little-endian header length, the header as JSON, and the numbers.
/// As in the format's own implementation the numbers leave no holes and do not overlap.
package struct SafetensorsFile: Sendable {
  /// One tensor and where its bytes lie in the file.
  package struct Entry: Sendable {
    package let name: String
    package let element: ElementType
    package let shape: [Int]
    package let range: Range<Int>
  }

  /// The largest header that the format allows.
  static let headerLimit = 100_000_000

  package let file: FileBytes
  package let metadata: [String: String]

  /// The tensors by name, in ascending order.
  package let entries: [Entry]

  private let index: [String: Int]

  package init(path: String) throws(DiagnosticMessage) { try self.init(FileBytes(path: path)) }

  package init(_ file: FileBytes) throws(DiagnosticMessage) {
    self.file = file
    let header = try Self.header(of: file)
    var scanner = JSONScanner(header.text, source: "the header of '\(file.name)'")
    var metadata: [String: String] = [:]
    var entries: [Entry] = []
    try scanner.object { (scanner, key) throws(DiagnosticMessage) in
      if key == "__metadata__" {
        try scanner.object { (scanner, key) throws(DiagnosticMessage) in
          metadata[key] = try scanner.string()
        }
      } else {
        let declared = try DeclaredTensor(name: key, &scanner)
        entries.append(try declared.entry(dataStart: header.dataStart, file))
      }
    }
    try scanner.end()
    try Self.requireContiguous(entries, from: header.dataStart, file)
    entries.sort { $0.name < $1.name }
    index = Dictionary(
      entries.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    self.entries = entries
    self.metadata = metadata
  }

  package func entry(_ name: String) -> Entry? { index[name].map { entries[$0] } }

  /// A tensor as a constant that borrows the file's bytes.
  package func constant(_ entry: Entry) -> Constant {
    let file = file
    let memory = UnsafeRawBufferPointer(rebasing: file.bytes[entry.range])
    let bytes = Bytes(borrowing: memory) { withExtendedLifetime(file) {} }
    return Constant(TensorType(entry.element, entry.shape), .dense(bytes))
  }
}

extension SafetensorsFile {
  private static func header(
    of file: FileBytes
  ) throws(DiagnosticMessage) -> (text: UnsafeRawBufferPointer, dataStart: Int) {
    guard file.bytes.count >= 8 else {
      throw .safetensors(file, "it is shorter than the eight bytes of the header's length")
    }
    let length = UInt64(littleEndian: file.bytes.loadUnaligned(as: UInt64.self))
    guard length <= UInt64(headerLimit) else {
      throw .safetensors(
        file, "its header would have \(length) bytes; the format allows \(headerLimit)")
    }
    let end = 8 + Int(length)
    guard end <= file.bytes.count else {
      throw .safetensors(
        file, "its header of \(length) bytes goes past the end of the file")
    }
    guard length > 0, file.bytes[8] == UInt8(ascii: "{") else {
      throw .safetensors(file, "its header does not begin with '{'")
    }
    return (UnsafeRawBufferPointer(rebasing: file.bytes[8..<end]), end)
  }

  private static func requireContiguous(
    _ entries: [Entry], from start: Int, _ file: FileBytes
  ) throws(DiagnosticMessage) {
    var end = start
    let ordered = entries.sorted {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }
    for entry in ordered {
      guard entry.range.lowerBound >= end else {
        throw .safetensors(file, "the bytes of '\(entry.name)' overlap those of another tensor")
      }
      guard entry.range.lowerBound == end else {
        throw .safetensors(file, "bytes before '\(entry.name)' belong to no tensor")
      }
      end = entry.range.upperBound
    }
    guard end == file.bytes.count else {
      throw .safetensors(file, "\(file.bytes.count - end) bytes at the end belong to no tensor")
    }
  }
}

/// What the header says of one tensor, before it is checked against the file.
private struct DeclaredTensor {
  let name: String
  var type: String?
  var shape: [Int]?
  var offsets: [Int]?

  init(name: String, _ scanner: inout JSONScanner) throws(DiagnosticMessage) {
    self.name = name
    var (type, shape, offsets): (String?, [Int]?, [Int]?)
    try scanner.object { (scanner, key) throws(DiagnosticMessage) in
      switch key {
      case "dtype": type = try scanner.string()
      case "shape": shape = try scanner.counts()
      case "data_offsets": offsets = try scanner.counts()
      default: throw scanner.fault("'\(name)' has an unknown member '\(key)'")
      }
    }
    (self.type, self.shape, self.offsets) = (type, shape, offsets)
  }

  func entry(dataStart: Int, _ file: FileBytes) throws(DiagnosticMessage) -> SafetensorsFile.Entry {
    guard let type, let shape, let offsets else {
      throw .safetensors(file, "'\(name)' lacks one of dtype, shape and data_offsets")
    }
    guard let element = ElementType.allCases.first(where: { $0.safetensorsName == type }) else {
      throw .safetensors(file, "'\(name)' has the unknown dtype '\(type)'")
    }
    guard offsets.count == 2, offsets[0] <= offsets[1] else {
      throw .safetensors(file, "'\(name)' needs two ascending data_offsets")
    }
    guard offsets[1] <= file.bytes.count - dataStart else {
      throw .safetensors(file, "the bytes of '\(name)' go past the end of the file")
    }
    guard element.checkedByteCount(of: shape) == offsets[1] - offsets[0] else {
      throw .safetensors(
        file, "'\(name)' is \(type) of shape \(shape), but has \(offsets[1] - offsets[0]) bytes")
    }
    return SafetensorsFile.Entry(
      name: name, element: element, shape: shape,
      range: dataStart + offsets[0]..<dataStart + offsets[1])
  }
}

extension DiagnosticMessage {
  fileprivate static func safetensors(_ file: FileBytes, _ what: String) -> Self {
    Self("safetensors", "'\(file.name)' is not a valid safetensors file: \(what)")
  }
}
