import CoppiceIR
import CoppicePassManager

/// How many units of a layer go, and which: what both second-order methods share.
struct LayerShare {
  let amount: PruningAmount?
  let floor: ExactDecimal?

  /// How many of the first `part` of `total` units go; all of them get exactly the amount.
  func count(_ part: Int, of total: Int) -> Int {
    guard let amount, total > 0 else { return 0 }
    var count: Int
    if case .count(let wanted) = amount {
      let (high, low) = min(wanted, total).multipliedFullWidth(by: part)
      count = total.dividingFullWidth((high, low)).quotient
    } else {
      count = amount.prunedCount(of: part) ?? 0
    }
    if let floor { count = min(count, part - floor.ceiling(times: part)) }
    return max(count, 0)
  }

  /// The units with the lowest keys; of equal keys the later ones.
  static func lowest(_ count: Int, _ keys: [UInt64]) throws -> [Bool] {
    let count = max(count, keys.count { $0 == 0 })
    guard
      let cut = try ScoreCut.lowest(
        min(count, keys.count), of: [UnitKeys(keys: keys)], width: .double)
    else { return Array(repeating: false, count: keys.count) }
    var ties = 0
    return keys.map { key in
      if key == cut.key { ties += 1 }
      return key < cut.key || (key == cut.key && ties > cut.keptTies)
    }
  }
}
