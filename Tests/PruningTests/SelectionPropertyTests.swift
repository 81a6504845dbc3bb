import CoppiceIR
import CoppicePasses
import Testing

/// Properties against a plain sort of every element.
@Suite struct SelectionPropertyTests {
  /// The mask that sorting by (magnitude, layer, index) and cutting gives.
  private func sortedMasks(_ tensors: [[Float]], pruned: Int) -> [[Int]] {
    let all = tensors.enumerated().flatMap { layer, values in
      values.indices.map { (layer, $0) }
    }
    let ranked = all.enumerated().sorted { left, right in
      let (a, b) = (
        tensors[left.element.0][left.element.1].magnitude,
        tensors[right.element.0][right.element.1].magnitude
      )
      return a == b ? left.offset > right.offset : a < b
    }
    var masks = tensors.map { $0.map { $0 == 0 ? 0 : 1 } }
    for entry in ranked.prefix(pruned) { masks[entry.element.0][entry.element.1] = 0 }
    return masks
  }

  @Test(arguments: 0..<40)
  func countsAreExactAndEqualASort(_ seed: Int) throws {
    var numbers = Numbers(seed: UInt64(seed))
    let percent = Int(numbers.next() % 101)
    let width = Int(numbers.next() % 7) + 1
    var graph = WeightGraph(width: width)
    var tensors: [[Float]] = []
    for name in ["a", "b", "c"] {
      tensors.append(seed % 2 == 0 ? numbers.coarse(width * width) : numbers.fine(width * width))
      graph.add(name, shape: [width, width], tensors[tensors.count - 1])
    }
    var local = graph
    let options = ["sparsity": "\(Double(percent) / 100)"]
    try graph.run(PruneMagnitude.self, options.merging(["scope": "global"]) { $1 })
    try local.run(PruneMagnitude.self, options)
    let count = percent * width * width
    #expect((0..<3).map { graph.mask($0) } == sortedMasks(tensors, pruned: count * 3 / 100))
    for index in 0..<3 {
      #expect([local.mask(index)] == sortedMasks([tensors[index]], pruned: count / 100))
    }
    let once = (0..<3).map { graph.values($0).map(\.bitPattern) }
    try graph.run(PruneMagnitude.self, options.merging(["scope": "global"]) { $1 })
    #expect((0..<3).map { graph.values($0).map(\.bitPattern) } == once)
  }

  @Test func piecesDoNotShow() throws {
    var numbers = Numbers(seed: 7)
    let values = numbers.coarse(300 * 100)
    let graph = try WeightGraph.pruned(values, shape: [300, 100], ["sparsity": "0.617"])
    #expect([graph.mask()] == sortedMasks([values], pruned: 18510))
  }
}
