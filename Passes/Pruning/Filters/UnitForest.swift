import CoppiceIR

/// Why a unit must stay.
struct Refusal: Hashable {
  /// The node's place in the file: of several reasons, the first in the file is given.
  var order: Int
  var text: String

  static func < (a: Refusal, b: Refusal) -> Bool {
    a.order != b.order ? a.order < b.order : a.text < b.text
  }
}

/// Units of removal: channels that can only go together are one.
///
/// Unit 0 stands for what is not a channel of any layer and always stays.
struct UnitForest {
  static let fixed = 0
  private var parents = [0]
  private var sizes = [1]
  private var refusals: [Int: Refusal] = [:]

  mutating func make() -> Int {
    parents.append(parents.count)
    sizes.append(1)
    return parents.count - 1
  }

  func root(_ unit: Int) -> Int {
    var unit = unit
    while parents[unit] != unit { unit = parents[unit] }
    return unit
  }

  func refusal(_ unit: Int) -> Refusal? { refusals[root(unit)] }

  mutating func refuse(_ unit: Int, _ refusal: Refusal) {
    let root = root(unit)
    if root == Self.fixed { return }
    if let old = refusals[root], old < refusal { return }
    refusals[root] = refusal
  }

  /// Makes two units one; a channel that meets what must stay, stays.
  mutating func couple(_ a: Int, _ b: Int, otherwise refusal: Refusal) {
    let (x, y) = (root(a), root(b))
    if x == y { return }
    if x == Self.fixed { return refuse(y, refusal) }
    if y == Self.fixed { return refuse(x, refusal) }
    let (large, small) = sizes[x] >= sizes[y] ? (x, y) : (y, x)
    parents[small] = large
    sizes[large] += sizes[small]
    if let old = refusals.removeValue(forKey: small) { refuse(large, old) }
  }
}

/// Which unit each index along one axis of a tensor belongs to.
struct ChannelLabels {
  var axis: Int
  var units: [Int]
  /// Whether a masked unit is exactly zero here.
  var isZero: Bool
}

/// An axis of a constant operand that follows the channels.
struct ChannelSlice {
  var node: NodeID
  var operand: Int
  var axis: Int
  var units: [Int]
  /// Whether `mask-only` zeroes it.
  var isMasked: Bool
}

/// A layer whose filters are candidates.
struct FilterLayer {
  /// The constant that names the layer.
  var weight: ValueID
  var node: NodeID
  /// The unit of each filter.
  var units: [Int]
  /// The constants that the filters are made of.
  var parts: [FilterPart]
}

/// A constant of a layer, with the filter that each index along an axis belongs to.
struct FilterPart {
  var weight: ValueID
  var axis: Int
  var filters: [Int]
}
