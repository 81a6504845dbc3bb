public import CoppiceIR

/// The text of a pipeline, for messages that point into it.
struct PipelineText {
  let characters: [Character]
  let file: String
  /// Where each line starts.
  private let starts: [Int]

  init(_ text: String, file: String) {
    let characters = Array(text)
    self.characters = characters
    self.file = file
    starts = [0] + characters.indices.filter { characters[$0].isNewline }.map { $0 + 1 }
  }

  /// An error at a place, with the line and a caret under it.
  func error(_ id: String, _ words: String, at offset: Int, notes: [String] = []) -> Diagnostic {
    let place = min(offset, characters.count)
    let line = lines(upTo: place)
    let start = starts[line - 1]
    let end = line < starts.count ? starts[line] - 1 : characters.count
    let column = place - start + 1
    return Diagnostic(
      .error, DiagnosticMessage(id, words, notes: [excerpt(start..<end, place - start)] + notes),
      at: .text(file: file, line: line, column: column))
  }

  /// The number of lines that start at or before a place; at least 1.
  private func lines(upTo place: Int) -> Int {
    var (low, high) = (1, starts.count)
    while low < high {
      let middle = (low + high + 1) / 2
      if starts[middle - 1] <= place { low = middle } else { high = middle - 1 }
    }
    return low
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
