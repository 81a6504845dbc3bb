public import CoppiceIR

/// The text of a pipeline, for messages that point into it.
struct PipelineText {
  let characters: [Character]
  let file: String

  init(_ text: String, file: String) {
    characters = Array(text)
    self.file = file
  }

  /// An error at a place, with the line and a caret under it.
  func error(_ id: String, _ words: String, at offset: Int, notes: [String] = []) -> Diagnostic {
    let place = min(offset, characters.count)
    let before = characters[..<place]
    let start = before.lastIndex(where: \.isNewline).map { $0 + 1 } ?? 0
    let end = characters[place...].firstIndex(where: \.isNewline) ?? characters.count
    let line = before.count(where: \.isNewline) + 1
    let column = place - start + 1
    return Diagnostic(
      .error, DiagnosticMessage(id, words, notes: [excerpt(start..<end, place - start)] + notes),
      at: .text(file: file, line: line, column: column))
  }

  /// At most 72 characters around the place, with a caret under it.
  private func excerpt(_ line: Range<Int>, _ caret: Int) -> String {
    let from = line.lowerBound + max(0, caret - 40)
    let to = min(line.upperBound, from + 72)
    let shown = String(characters[from..<to]) + (to < line.upperBound ? "..." : "")
    let lead = from == line.lowerBound ? "" : "..."
    let indent = "        " + String(repeating: " ", count: lead.count + min(caret, 40))
    return "\(lead)\(shown)\n\(indent)^"
  }
}

extension Pipeline {
  /// Parses the text form.
  ///
  /// - Parameters:
  ///   - text: The text.
  ///   - file: What messages call the text.
  /// - Throws: Every error of the text at once, each with its column.
  public init(parsing text: String, file: String = "--passes") throws(Diagnostics) {
    var parser = PipelineParser(PipelineText(text, file: file))
    self = parser.parse()
    if !parser.errors.isEmpty { throw Diagnostics(parser.errors) }
  }
}
