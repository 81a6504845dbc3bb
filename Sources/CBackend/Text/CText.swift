/// C text while it grows: bytes, so that long tables of weights stay cheap.
struct CText {
  private(set) var bytes: [UInt8] = []
  private var indent: Int

  init(indent: Int = 0) { self.indent = indent }

  /// Appends text as it is.
  mutating func write(_ text: String) { bytes.append(contentsOf: text.utf8) }

  /// Appends an indented line; an empty one stays empty.
  mutating func line(_ text: String = "") {
    if !text.isEmpty {
      if !text.hasPrefix("#") {
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 4 * indent))
      }
      bytes.append(contentsOf: text.utf8)
    }
    bytes.append(UInt8(ascii: "\n"))
  }

  /// Appends lines one level deeper, between braces.
  mutating func block(_ head: String, _ tail: String = "}", _ body: (inout CText) -> Void) {
    line(head + " {")
    indent += 1
    body(&self)
    indent -= 1
    line(tail)
  }

  /// Appends a block comment of some lines, and of how many more there would be.
  mutating func comment(_ lines: [String], more: Int = 0) {
    let texts = lines.map(commentText)
    if more <= 0, texts.count == 1 { return line("/* \(texts[0]) */") }
    line("/*")
    for text in texts { line(" * " + text) }
    if more > 0 { line(" * and \(more) more") }
    line(" */")
  }

  /// Appends a function and an empty line after it.
  mutating func function(_ head: String, _ body: some Sequence<String>) {
    line(head)
    line("{")
    indent += 1
    for text in body { line(text) }
    indent -= 1
    line("}")
    line()
  }

  /// Opens a block; what follows is one level deeper.
  mutating func open(_ head: String) {
    line(head.isEmpty ? "{" : head + " {")
    indent += 1
  }

  /// Closes a block, and opens the next one behind it if `reopening`.
  mutating func close(_ tail: String, reopening: Bool = false) {
    indent -= 1
    line(tail)
    if reopening { indent += 1 }
  }

  /// Appends what another text holds.
  mutating func write(_ other: CText) { bytes.append(contentsOf: other.bytes) }

  /// Appends one byte.
  mutating func byte(_ byte: UInt8) { bytes.append(byte) }

  mutating func reserve(_ count: Int) { bytes.reserveCapacity(bytes.count + count) }
}
