/// Who reads each value, kept up to date by every edit of a graph.
///
/// Each operand and each output of a block knows its place in the list of the value that it reads,
/// so that a use comes and goes without a search.
struct UseTable: Sendable {
  typealias Use = UseMap.Use

  private var lists: [[Use]] = []
  private var operandPlaces: [[Int32]] = []
  private var outputPlaces: [[Int32]] = []

  /// The uses of a value, in no order that means anything.
  subscript(value: ValueID) -> [Use] {
    lists.indices.contains(value.index) ? lists[value.index] : []
  }

  /// The number of uses of a value.
  func count(_ value: ValueID) -> Int {
    lists.indices.contains(value.index) ? lists[value.index].count : 0
  }

  mutating func addValue() { lists.append([]) }

  mutating func addNode(_ operands: [ValueID?]) {
    operandPlaces.append([])
    setOperands(of: operandPlaces.count - 1, from: [], to: operands)
  }

  mutating func addBlock() { outputPlaces.append([]) }

  /// Forgets the node that was added last, which reads nothing any more.
  mutating func removeLastNode() { operandPlaces.removeLast() }

  /// Forgets the value that was added last.
  ///
  /// - Returns: Whether nobody read it.
  mutating func removeLastValue() -> Bool { lists.removeLast().isEmpty }

  mutating func setOperands(of node: Int, from old: [ValueID?], to new: [ValueID?]) {
    for (index, value) in old.enumerated() {
      if let value { remove(value, operandPlaces[node][index]) }
    }
    operandPlaces[node] = Array(repeating: -1, count: new.count)
    for (index, value) in new.enumerated() {
      if let value {
        operandPlaces[node][index] = add(.operand(NodeID(index: node), index), to: value)
      }
    }
  }

  mutating func setOperand(
    _ index: Int, of node: Int, from old: ValueID?, to new: ValueID?
  ) {
    if let old { remove(old, operandPlaces[node][index]) }
    while operandPlaces[node].count <= index { operandPlaces[node].append(-1) }
    operandPlaces[node][index] =
      new.map { add(.operand(NodeID(index: node), index), to: $0) } ?? -1
  }

  mutating func setOutputs(of block: Int, from old: [ValueID], to new: [ValueID]) {
    for (index, value) in old.enumerated() { remove(value, outputPlaces[block][index]) }
    outputPlaces[block] = []
    for (index, value) in new.enumerated() {
      outputPlaces[block].append(add(.output(BlockID(index: block), index), to: value))
    }
  }

  /// Moves all uses of a value to another.
  ///
  /// - Returns: The uses.
  mutating func replace(_ old: ValueID, with new: ValueID) -> [Use] {
    guard old != new, lists.indices.contains(old.index) else { return [] }
    let uses = lists[old.index]
    lists[old.index] = []
    for use in uses { setPlace(use, add(use, to: new)) }
    return uses
  }

  private mutating func add(_ use: Use, to value: ValueID) -> Int32 {
    guard lists.indices.contains(value.index) else { return -1 }
    lists[value.index].append(use)
    return Int32(lists[value.index].count - 1)
  }

  private mutating func remove(_ value: ValueID, _ place: Int32) {
    guard place >= 0, lists.indices.contains(value.index) else { return }
    let last = lists[value.index].removeLast()
    guard Int(place) < lists[value.index].count else { return }
    lists[value.index][Int(place)] = last
    setPlace(last, place)
  }

  private mutating func setPlace(_ use: Use, _ place: Int32) {
    switch use {
    case .operand(let node, let index): operandPlaces[node.index][index] = place
    case .output(let block, let index): outputPlaces[block.index][index] = place
    }
  }
}

extension Graph {
  /// Everyone who reads a value now, in no order that means anything.
  ///
  /// - Parameter value: Of this graph.
  /// - Returns: The uses.
  /// - Complexity: O(1).
  public func uses(of value: ValueID) -> [UseMap.Use] { useTable[value] }

  /// How many operands and outputs of blocks read a value now.
  ///
  /// - Parameter value: Of this graph.
  /// - Returns: The number of uses.
  /// - Complexity: O(1).
  public func useCount(of value: ValueID) -> Int { useTable.count(value) }

  /// The one use of a value.
  ///
  /// - Parameter value: Of this graph.
  /// - Returns: `nil` when there is none or more than one.
  /// - Complexity: O(1).
  public func onlyUse(of value: ValueID) -> UseMap.Use? {
    useTable.count(value) == 1 ? useTable[value].first : nil
  }

  /// Whether a block yields a value.
  ///
  /// - Parameters:
  ///   - block: The block.
  ///   - value: Of this graph.
  /// - Returns: Whether it is among the outputs of the block.
  /// - Complexity: O(uses of the value).
  public func yields(_ block: BlockID, _ value: ValueID) -> Bool {
    useTable[value].contains { use in
      if case .output(block, _) = use { true } else { false }
    }
  }

  /// The blocks that yield a value.
  ///
  /// - Parameter value: Of this graph.
  /// - Returns: Each as often as it yields the value.
  /// - Complexity: O(uses of the value).
  public func blocksYielding(_ value: ValueID) -> [BlockID] {
    useTable[value].compactMap { use in
      if case .output(let block, _) = use { block } else { nil }
    }
  }
}
