/// A parsed equation of Einsum.
///
/// Labels are letters by code point, and axes of the ellipsis by negative numbers counted from the
/// end.
package struct EinsumEquation {
  /// The labels of each operand's axes.
  package private(set) var operands: [[Int]] = []
  /// The labels of the result's axes.
  package private(set) var output: [Int] = []
  /// The extent of each label.
  package private(set) var extents: [Int: Int] = [:]

  /// The labels that are summed over, in order of their first use.
  package var summed: [Int] {
    var seen = Set(output)
    return operands.flatMap { $0 }.filter { seen.insert($0).inserted }
  }

  package init(_ text: String, _ shapes: [[Int]]) throws(DiagnosticMessage) {
    let packed = text.filter { !$0.isWhitespace }
    let arrow = Self.split(packed, "->")
    let terms =
      packed.isEmpty ? [] : arrow[0].split(separator: ",", omittingEmptySubsequences: false)
    guard terms.count == shapes.count, arrow.count <= 2 else {
      throw Self.fault(text, "\(terms.count) terms stand for \(shapes.count) operands")
    }
    for (term, shape) in zip(terms, shapes) {
      let labels = try Self.labels(String(term), rank: shape.count, text)
      operands.append(labels)
      for (label, extent) in zip(labels, shape) {
        let old = extents[label] ?? 1
        guard old == 1 || extent == 1 || old == extent else {
          throw Self.fault(text, "a label stands for extents \(old) and \(extent)")
        }
        extents[label] = old == 1 ? extent : old
      }
    }
    let all = operands.flatMap { $0 }
    let ellipsis = Set(all.filter { $0 < 0 }).sorted()
    guard arrow.count == 2 else {
      let single = Set(all.filter { label in label > 0 && all.count { $0 == label } == 1 })
      output = ellipsis + single.sorted()
      return
    }
    let hidden = ellipsis.count
    let letters = arrow[1].filter { $0 != "." }.count
    let rank = arrow[1].contains(".") ? letters + hidden : letters
    output = try Self.labels(arrow[1], rank: rank, text)
    guard Set(output).count == output.count, output.allSatisfy({ extents[$0] != nil }) else {
      throw Self.fault(text, "the result repeats a label or has one of no operand")
    }
  }

  private static func split(_ text: String, _ mark: String) -> [String] {
    guard let dash = text.firstIndex(of: "-") else { return [text] }
    let rest = text[dash...]
    return [String(text[..<dash])]
      + (rest.hasPrefix(mark) ? [String(rest.dropFirst(2))] : ["?", "?"])
  }

  private static func labels(
    _ term: String, rank: Int, _ text: String
  ) throws(DiagnosticMessage) -> [Int] {
    var labels: [Int] = []
    var rest = Array(term.unicodeScalars)[...]
    let letters = rest.filter { $0 != "." }.count
    let hidden = rest.count == letters ? 0 : rank - letters
    while let scalar = rest.popFirst() {
      if scalar == "." {
        guard rest.starts(with: [".", "."]), !labels.contains(where: { $0 < 0 }), hidden >= 0 else {
          throw fault(text, "the term '\(term)' has a stray dot")
        }
        rest = rest.dropFirst(2)
        labels += (0..<hidden).map { $0 - hidden }
      } else {
        guard scalar.properties.isAlphabetic, scalar.isASCII else {
          throw fault(text, "'\(scalar)' is not a label")
        }
        labels.append(Int(scalar.value))
      }
    }
    guard labels.count == rank else {
      throw fault(text, "the term '\(term)' does not fit an operand of rank \(rank)")
    }
    return labels
  }

  private static func fault(_ text: String, _ why: String) -> DiagnosticMessage {
    DiagnosticMessage("einsum-equation", "equation '\(text)': \(why)")
  }
}
