/// `did you mean 'x'?` for the nearest of some names, if one is near.
///
/// - Parameters:
///   - name: What was typed.
///   - names: What there is.
/// - Returns: The question; `nil` if nothing is near.
package func suggestion(_ name: String, _ names: [String]) -> String? {
  let ranked = names.map { (name: $0, distance: editDistance(name, $0)) }
    .min { ($0.distance, $0.name) < ($1.distance, $1.name) }
  let limit = max(2, name.count / 3)
  if let best = ranked, best.distance <= limit { return "did you mean '\(best.name)'?" }
  let longer = names.sorted().first { $0.contains(name) && name.count >= 3 }
  return longer.map { "did you mean '\($0)'?" }
}

/// Insertions, deletions, substitutions and swaps of neighbours between two names.
private func editDistance(_ left: String, _ right: String) -> Int {
  let (a, b) = (Array(left.prefix(64)), Array(right.prefix(64)))
  var older: [Int] = []
  var previous = Array(0...b.count)
  for i in a.indices {
    var current = [i + 1]
    for j in b.indices {
      let change = previous[j] + (a[i] == b[j] ? 0 : 1)
      var best = min(change, previous[j + 1] + 1, current[j] + 1)
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, older[j - 1] + 1) }
      current.append(best)
    }
    older = previous
    previous = current
  }
  return previous[b.count]
}
