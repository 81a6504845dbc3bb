/// Numbers of variables of a kernel, a bit each.
struct VariableSet {
  private var words: [UInt64] = []

  /// Adds a variable; `false` if it is there already.
  @discardableResult
  mutating func insert(_ id: Int) -> Bool {
    while words.count <= id / 64 { words.append(0) }
    let bit: UInt64 = 1 << UInt64(id % 64)
    defer { words[id / 64] |= bit }
    return words[id / 64] & bit == 0
  }

  /// Takes a variable out; `false` if it is not there.
  @discardableResult
  mutating func remove(_ id: Int) -> Bool {
    guard contains(id) else { return false }
    words[id / 64] &= ~(1 << UInt64(id % 64))
    return true
  }

  func contains(_ id: Int) -> Bool {
    id / 64 < words.count && words[id / 64] & 1 << UInt64(id % 64) != 0
  }

  mutating func formUnion(_ other: VariableSet) {
    while words.count < other.words.count { words.append(0) }
    for index in other.words.indices { words[index] |= other.words[index] }
  }

  mutating func subtract(_ other: VariableSet) {
    for index in 0..<min(words.count, other.words.count) { words[index] &= ~other.words[index] }
  }
}
