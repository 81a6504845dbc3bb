/// Which part of names stays where a column is too narrow for them.
///
/// Names lose their middle, unless others of the column would look the same then: exporters write
/// names that begin and end alike.
struct NameCut {
  /// The part that stays.
  private enum Part {
    /// The ends, and so many characters of the last one.
    case ends(tail: Int)
    /// What follows so many characters.
    case window(start: Int)
  }

  private static let mark = "..."
  /// Wider windows are not looked for, nor are more names compared.
  private static let farthest = 240, mostNames = 100

  private let width: Int
  private let part: Part

  /// Chooses the part that tells most names apart, the ends if they do.
  ///
  /// - Parameters:
  ///   - width: The width of the column.
  ///   - cells: The texts of the column, whose words are cut where they are longer.
  init(width: Int, cells: [String]) {
    self.width = width
    let room = width - Self.mark.count
    let ends = Part.ends(tail: max(room / 2, 0))
    let words = cells.flatMap { $0.split(separator: " ") }.filter { $0.count > width }
    let names = Set(words.prefix(Self.mostNames)).map { String($0) }
    guard names.count > 1, room > Self.mark.count else {
      part = ends
      return
    }
    let reach = min(names.map(\.count).max() ?? 0, Self.farthest)
    let others = [0, room].map { Part.ends(tail: $0) } + (1..<reach).map { Part.window(start: $0) }
    var best = (part: ends, count: Self.apart(names, ends, width))
    for other in others where best.count < names.count {
      let count = Self.apart(names, other, width)
      if count > best.count { best = (other, count) }
    }
    part = best.part
  }

  /// A name that fits.
  func callAsFunction(_ name: String) -> String { Self.cut(name, part, width) }

  /// How many names look different.
  private static func apart(_ names: [String], _ part: Part, _ width: Int) -> Int {
    Set(names.map { cut($0, part, width) }).count
  }

  private static func cut(_ name: String, _ part: Part, _ width: Int) -> String {
    let room = width - mark.count
    guard name.count > width, room > 0 else { return name }
    switch part {
    case .ends(let tail): return name.prefix(room - tail) + mark + name.suffix(tail)
    case .window(let start):
      guard name.count > start + room else { return mark + name.suffix(room) }
      return mark + name.dropFirst(start).prefix(room - mark.count) + mark
    }
  }
}
