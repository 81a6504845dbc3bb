@_spi(RawEditing) import CoppiceIR
import CoppicePassManager
import CoppicePasses
import Testing

/// Grouped convolutions in every granularity against a plain sort of unit by unit.
@Suite struct GranularityPropertyTests {
  /// A weight, how it is written, and its units as lists of flat indices.
  private struct Case {
    let shape: [Int]
    let groups: Int
    let values: [Float]

    init(_ seed: Int) {
      var numbers = Numbers(seed: UInt64(seed) + 900)
      func pick(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(numbers.next() % UInt64(range.count))
      }
      groups = pick(1...3)
      shape = [groups * pick(1...5), pick(1...6), pick(1...3), pick(1...2)]
      let count = shape.reduce(1, *)
      values = seed % 2 == 0 ? numbers.coarse(count) : numbers.fine(count)
    }

    func place(_ flat: Int) -> (row: Int, column: Int, tap: Int, group: Int) {
      let taps = shape[2] * shape[3]
      let perGroup = shape[0] / groups
      let filter = flat / taps / shape[1]
      return (filter % perGroup, flat / taps % shape[1], flat % taps, filter / perGroup)
    }

    /// Units by a name that elements of one unit share, in the order of their first elements.
    func units(_ name: (Int, Int, Int, Int) -> [Int]) -> [[Int]] {
      var order: [[Int]] = []
      var members: [[Int]: [Int]] = [:]
      for flat in values.indices {
        let (row, column, tap, group) = place(flat)
        let key = name(row, column, tap, group)
        if members[key] == nil { order.append(key) }
        members[key, default: []].append(flat)
      }
      return order.compactMap { members[$0] }
    }

    func units(_ block: String) -> [[Int]] {
      switch block {
      case "element": return values.indices.map { [$0] }
      case "row": return units { row, _, _, group in [group, row] }
      case "column": return units { _, column, _, group in [group, column] }
      default:
        let parts = block.split(separator: "x").compactMap { Int($0) }
        return units { row, column, tap, group in
          [group, tap, row / parts[0], column / parts[1]]
        }
      }
    }

    func pruned(_ options: [String: String]) throws -> [Float] {
      var graph = Graph(name: "conv", source: "conv.onnx")
      let x = graph.addInput("x", TensorType(.float32, [1, shape[1] * groups, 4, 4]))
      let weight = graph.addConstant(Constant(values, .float32, shape), name: "w")
      let node = graph.addNode(
        Conv(attributes: ["group": .int(groups)]), [x, weight],
        types: [TensorType(.float32, [1, shape[0], 5 - shape[2], 5 - shape[3]])], name: "conv",
        origin: Origin(index: 0, type: "Conv"))
      graph.setOutputs([graph[node].result].compactMap { $0 })
      var context = PassContext()
      try PruneMagnitude(options: PassOptions(options, for: PruneMagnitude.info)).run(
        on: &graph, &context)
      return try #require(graph.constant(weight)).dense.array(of: Float.self)
    }

    /// What is left when the lowest units go, of equal sums the later ones.
    func expected(_ units: [[Int]], _ count: Int) -> [Float] {
      let sums = units.map { $0.reduce(0.0) { $0 + Double(values[$1].magnitude) } }
      let ranked = units.indices.sorted { sums[$0] == sums[$1] ? $0 > $1 : sums[$0] < sums[$1] }
      var left = values
      for unit in ranked.prefix(count) { for flat in units[unit] { left[flat] = 0 } }
      return left
    }
  }

  @Test(
    arguments: 0..<60,
    ["element", "row", "column", "4x1", "2x2", "1x4", "8x1", "1x16", "2x4", "16x1"])
  func unitsGoAsASortTellsThem(_ seed: Int, _ block: String) throws {
    let it = Case(seed)
    let units = it.units(block)
    let percent = seed * 37 % 101
    let options = ["block": block, "sparsity": "\(Double(percent) / 100)", "keep-zeros": "false"]
    let once = try it.pruned(options)
    #expect(once == it.expected(units, percent * units.count / 100))
    let count = seed % (units.count + 2)
    #expect(
      try it.pruned(["block": block, "count": "\(count)"])
        == it.expected(units, min(count, units.count)))
  }

  /// What is zero stays zero and counts first, whatever else goes.
  @Test(arguments: 0..<40) func zerosAreLocked(_ seed: Int) throws {
    let it = Case(seed)
    let zeros = it.values.count { $0 == 0 }
    let pruned = try it.pruned(["count": "\(zeros + 1)", "keep-zeros": "true"])
    #expect(pruned.count { $0 == 0 } == min(zeros + 1, it.values.count))
    #expect(zip(it.values, pruned).allSatisfy { $0 != 0 || $1 == 0 })
  }

  @Test(arguments: 0..<60, [(1, 2), (2, 4), (1, 4), (3, 4), (4, 8)])
  func patternsHoldInEveryRun(_ seed: Int, _ pattern: (kept: Int, of: Int)) throws {
    let it = Case(seed)
    let left = try it.pruned(["block": "\(pattern.kept):\(pattern.of)"])
    for run in it.units({ row, column, tap, group in [group, row, tap, column / pattern.of] }) {
      let count = (pattern.of - pattern.kept) * run.count / pattern.of
      let ranked = run.sorted {
        let (a, b) = (it.values[$0].magnitude, it.values[$1].magnitude)
        return a == b ? $0 > $1 : a < b
      }
      for (place, flat) in ranked.enumerated() {
        #expect(left[flat] == (place < count ? 0 : it.values[flat]))
      }
    }
  }
}
