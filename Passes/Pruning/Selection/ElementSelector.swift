import CoppiceIR

/// Says what goes of some weights.
protocol WeightSelector {
  /// How many units there are in all.
  var unitCount: Int { get }

  /// Hands out what an amount leaves of each weight, in order.
  func forEachOutcome(
    _ amount: PruningAmount?, _ body: (_ weight: Int, _ outcome: ZeroingOutcome) throws -> Void
  ) throws
}

/// Ranks each element by its own score, by cuts that need no memory for the elements.
struct ElementSelector: WeightSelector {
  let weights: [PrunableWeight]
  let keys: [any ScoreKeys]
  let width: KeyWidth
  let scope: PruningScope
  /// The score that decides for a weight, given the largest in the scope; `nil` where a count does.
  let bound: ((_ weight: Int, _ largest: Double) throws -> ScoreBound)?

  var unitCount: Int { keys.reduce(0) { $0 + $1.count } }

  func forEachOutcome(
    _ amount: PruningAmount?, _ body: (Int, ZeroingOutcome) throws -> Void
  ) throws {
    var cuts = Cuts(self, amount)
    var ties = 0
    for (index, weight) in weights.enumerated() {
      if scope == .local { ties = 0 }
      guard let cut = try cuts.cut(index) else {
        try body(index, ZeroingOutcome(nonzeros: weight.constant.nonzeroCount))
        continue
      }
      try body(index, try weight.constant.zeroing(cut, by: keys[index], ties: &ties))
    }
  }
}

/// The cut of each tensor, found once for all of them where the scope is global.
private struct Cuts {
  let selector: ElementSelector
  let amount: PruningAmount?
  private var shared: ScoreCut??
  private var largest: [Double]?

  init(_ selector: ElementSelector, _ amount: PruningAmount?) {
    (self.selector, self.amount) = (selector, amount)
  }

  mutating func cut(_ index: Int) throws -> ScoreCut? {
    let keys = selector.keys
    guard let bound = selector.bound else { return try counted(index) }
    let all = try largest ?? keys.map { try $0.largest() }
    largest = all
    let own = selector.scope == .global ? all.max() ?? 0 : all[index]
    return .below(keys[index].cut(try bound(index, own)))
  }

  private mutating func counted(_ index: Int) throws -> ScoreCut? {
    guard let amount else { return nil }
    let (keys, width) = (selector.keys, selector.width)
    if selector.scope == .local {
      let count = amount.prunedCount(of: keys[index].count) ?? 0
      return try ScoreCut.lowest(count, of: [keys[index]], width: width)
    }
    if let shared { return shared }
    let count = amount.prunedCount(of: keys.reduce(0) { $0 + $1.count }) ?? 0
    let cut = try ScoreCut.lowest(count, of: keys, width: width)
    shared = .some(cut)
    return cut
  }
}
