/// Numbers that are the same on every machine.
struct Dice {
  private var state: UInt64

  /// Dice for a layer of a run.
  init(_ seed: Int, _ number: Int) {
    state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(number) &* 0xD1B5_4A32_D192_ED03
    for _ in 0..<4 { _ = roll(0...1) }
  }

  mutating func roll(_ range: ClosedRange<Int>) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return range.lowerBound + Int((state >> 33) % UInt64(range.count))
  }

  /// Whether something that happens so many times of a hundred does.
  mutating func happens(_ percent: Int) -> Bool { roll(1...100) <= percent }

  mutating func pick<Element>(_ list: [Element]) -> Element { list[roll(0...(list.count - 1))] }
}
