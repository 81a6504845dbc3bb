/// A table with a head row.
///
/// Where it is wider than the terminal, text is wrapped at spaces and long names are shortened, the
/// widest column first; numbers stay whole.
struct Table {
  var titles: [String]
  var rows: [[String]]
  /// The columns that are aligned to the right.
  var numbers: Set<Int>
  private static let least = 12

  init(titles: [String], rows: [[String]], numbers: Set<Int> = []) {
    self.titles = titles
    self.rows = rows.map { row in titles.indices.map { $0 < row.count ? row[$0] : "" } }
    self.numbers = numbers
  }

  /// The table as lines without spaces at their ends.
  func text(width: Int) -> String {
    if titles.isEmpty { return "" }
    let widths = self.widths(width)
    let cuts = widths.indices.map { column in
      NameCut(width: widths[column], cells: rows.map { $0[column] })
    }
    return ([titles] + rows).map { line($0, widths, cuts) }.joined(separator: "\n")
  }

  private func widths(_ width: Int) -> [Int] {
    var widths = titles.indices.map { column in
      rows.reduce(titles[column].count) { max($0, $1[column].count) }
    }
    var excess = widths.reduce(widths.count - 1, +) - width
    while excess > 0 {
      let narrowed = widths.indices.filter { !numbers.contains($0) }.max {
        widths[$0] < widths[$1]
      }
      guard let column = narrowed else { break }
      let floor = max(Self.least, titles[column].count)
      guard widths[column] > floor else { break }
      let others = widths.indices.filter { $0 != column && !numbers.contains($0) }
      let next = max(others.map { widths[$0] }.max() ?? 0, floor)
      let step = min(excess, max(1, widths[column] - next))
      widths[column] -= step
      excess -= step
    }
    return widths
  }

  private func line(_ row: [String], _ widths: [Int], _ cuts: [NameCut]) -> String {
    let cells = row.indices.map { wrapped(row[$0], widths[$0], cuts[$0]) }
    let height = cells.map(\.count).max() ?? 1
    return (0..<height).map { number in
      var line = ""
      for (column, cell) in cells.enumerated() {
        let part = number < cell.count ? cell[number] : ""
        let gap = String(repeating: " ", count: max(0, widths[column] - part.count))
        line += (column == 0 ? "" : " ") + (numbers.contains(column) ? gap + part : part + gap)
      }
      while line.last == " " { line.removeLast() }
      return line
    }.joined(separator: "\n")
  }

  private func wrapped(_ text: String, _ width: Int, _ cut: NameCut) -> [String] {
    if text.count <= width { return [text] }
    var lines: [String] = []
    for word in text.split(separator: " ") {
      let word = cut(String(word))
      if let last = lines.last, last.count + 1 + word.count <= width {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(word)
      }
    }
    return lines
  }
}
