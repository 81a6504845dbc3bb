import COnnx
import Glibc

/// Memory for the parts of a protobuf tree that are made for writing; freed together.
///
/// The tree that is written shares what did not change with the tree that was read.
final class Arena {
  private var blocks: [UnsafeMutableRawPointer] = []

  deinit {
    for block in blocks { free(block) }
  }

  func allocate<Element>(_ type: Element.Type, _ count: Int) -> UnsafeMutablePointer<Element> {
    let size = max(count, 1) * MemoryLayout<Element>.stride
    guard let memory = calloc(1, size) else { fatalError("out of memory") }
    blocks.append(memory)
    return memory.bindMemory(to: type, capacity: max(count, 1))
  }

  /// A shallow copy of a message.
  func copy<Element>(_ element: Element) -> UnsafeMutablePointer<Element> {
    let copy = allocate(Element.self, 1)
    copy.initialize(to: element)
    return copy
  }

  func array<Element>(_ elements: [Element]) -> UnsafeMutablePointer<Element> {
    let array = allocate(Element.self, elements.count)
    array.initialize(from: elements, count: elements.count)
    return array
  }

  func pointers<Element>(
    _ elements: [UnsafeMutablePointer<Element>]
  ) -> UnsafeMutablePointer<UnsafeMutablePointer<Element>?> {
    array(elements.map { Optional($0) })
  }

  func string(_ text: String) -> UnsafeMutablePointer<CChar> {
    array(text.utf8.map { CChar(bitPattern: $0) } + [0])
  }

  func strings(
    _ texts: [String]
  ) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
    array(texts.map { Optional(string($0)) })
  }

  func bytes(_ text: String) -> ProtobufCBinaryData {
    ProtobufCBinaryData(len: text.utf8.count, data: array(Array(text.utf8)))
  }
}
