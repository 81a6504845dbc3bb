/// Copies of a text, each with a part cut off, cut out or written over.
///
/// - Parameters:
///   - text: What is sound.
///   - rounds: How many copies.
///   - seed: Of the random numbers.
///   - marks: What is written into it.
/// - Returns: The copies.
package func damagedTexts(
  _ text: String, rounds: Int, seed: UInt64, marks: String
) -> [String] {
  let (bytes, marks) = (Array(text.utf8), Array(marks.utf8))
  var state = seed
  func random(_ limit: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % limit
  }
  return (0..<rounds).map { round in
    var copy = bytes
    switch round % 3 {
    case 0: copy.removeSubrange(random(copy.count)...)
    case 1:
      let start = random(copy.count)
      copy.removeSubrange(start..<min(copy.count, start + 1 + random(9)))
    default: for _ in 0...random(3) { copy[random(copy.count)] = marks[random(marks.count)] }
    }
    return String(decoding: copy, as: UTF8.self)
  }
}
