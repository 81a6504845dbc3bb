package import CoppiceIR

/// Finds, by value, the recorded parameters that the constants of a model were made from.
///
/// Exporters rename, transpose, permute, merge and scale weights, and keep a name where they
/// changed the values. So the numbers decide, and names only choose among equal candidates.
package struct RecordMatcher {
  let record: TrainingRecord
  let finals: [FloatValues?]
  private let map: RecordMap?
  private let byCount: [Int: [Int]]

  /// Prepares a record; owners in `map` stand above what the values say.
  package init(_ record: TrainingRecord, map: RecordMap? = nil) {
    self.record = record
    self.map = map
    finals = record.parameters.map { record.values($0, .final) }
    byCount = Dictionary(grouping: record.parameters.indices) { record.parameters[$0].count }
  }

  /// Matches every target, or says of each one that has no single answer why.
  package func match(_ targets: [MatchTarget]) throws(DiagnosticMessage) -> [RecordMatch] {
    let result = try matches(targets)
    if let error = result.error(record) { throw error }
    return result.matches.compactMap { $0 }
  }

  /// Matches the targets that have a single answer.
  ///
  /// - Parameter targets: The constants.
  /// - Returns: A match for each, or why there is none.
  /// - Throws: `record-map` for a wrong owner in the map.
  package func matches(_ targets: [MatchTarget]) throws(DiagnosticMessage) -> MatchResult {
    var mapped: [RecordMatch?] = []
    var result = MatchResult(matches: [], faults: [], notes: [])
    for (index, target) in targets.enumerated() {
      let entries = map?.entries[target.name]
      mapped.append(
        try entries.map { (entries) throws(DiagnosticMessage) in
          try match(index, target, entries, &result.notes)
        })
    }
    let candidates = zip(targets, mapped).map { $1 == nil ? self.candidates($0) : [] }
    let claims = Claims(candidates)
    for (index, target) in targets.enumerated() {
      if let match = mapped[index] {
        result.matches.append(match)
        result.faults.append([])
        continue
      }
      var owners: [RecordOwner] = []
      var faults: [String] = []
      for part in candidates[index] {
        switch choose(part.owners, for: target, rivals: claims.rivals(of: part)) {
        case .owners(let chosen): owners += chosen
        case .none: faults.append(unmatched(target, part.range))
        case .ambiguous: faults.append(ambiguous(target, part.owners))
        }
      }
      result.matches.append(faults.isEmpty ? RecordMatch(target: index, owners: owners) : nil)
      result.faults.append(faults)
    }
    return result
  }
}

/// What matching found.
package struct MatchResult: Sendable {
  /// The match of each target that has one.
  package internal(set) var matches: [RecordMatch?]
  /// Why targets have none.
  package internal(set) var faults: [[String]]
  /// What the user ought to know of owners given by hand.
  package internal(set) var notes: [String]

  /// The refusal of targets without a match.
  package func error(_ record: TrainingRecord) -> DiagnosticMessage? {
    let faulty = faults.count { !$0.isEmpty }
    guard faulty > 0 else { return nil }
    return DiagnosticMessage(
      "record-match",
      "'\(record.name)' does not tell the owner of \(faulty) of \(matches.count) weights",
      notes: faults.flatMap { $0 })
  }
}

/// The parameters that may fill one part of a constant.
private struct Part {
  let range: Range<Int>
  let owners: [RecordOwner]
}

/// How many parts of constants have the same candidates.
private struct Claims {
  private var counts: [[Int]: Int] = [:]

  init(_ parts: [[Part]]) {
    for part in parts.joined() { counts[part.owners.map(\.parameter), default: 0] += 1 }
  }

  func rivals(of part: Part) -> Int { counts[part.owners.map(\.parameter), default: 1] - 1 }
}

private enum Choice {
  case none, ambiguous
  case owners([RecordOwner])
}

extension RecordMatcher {
  private func candidates(_ target: MatchTarget) -> [Part] {
    let exact = unscaled(target)
    guard exact.contains(where: \.owners.isEmpty) else { return exact }
    for other in [target.rounded, target.dequantized] {
      if let found = other.map(unscaled), !found.contains(where: \.owners.isEmpty) { return found }
    }
    return exact.map { part in
      part.owners.isEmpty
        ? Part(range: part.range, owners: owners(target, part.range, scaled: true)) : part
    }
  }

  private func unscaled(_ target: MatchTarget) -> [Part] {
    parts(of: target).map { Part(range: $0, owners: owners(target, $0, scaled: false)) }
  }

  /// The directions of a recurrent layer are owned one by one.
  func parts(of target: MatchTarget) -> [Range<Int>] {
    let count = target.values.count
    guard target.role == .lstm || target.role == .gru || isStackedPlain(target) else {
      return [0..<count]
    }
    let directions = max(1, target.shape.first ?? 1)
    let size = count / directions
    return (0..<directions).map { $0 * size..<($0 + 1) * size }
  }

  /// A plain constant of two equal slices that no parameter fills whole: a two-way RNN.
  private func isStackedPlain(_ target: MatchTarget) -> Bool {
    target.role == .plain && target.shape.count == 3 && target.shape[0] == 2
      && owners(target, 0..<target.values.count, scaled: false).isEmpty
      && !owners(target, 0..<target.values.count / 2, scaled: false).isEmpty
  }

  func layouts(
    _ parameter: TrainingRecord.Parameter, _ target: MatchTarget, _ range: Range<Int>
  ) -> [RecordLayout] {
    var part = target
    if range.count != target.values.count, target.role == .plain {
      part = target.slice(of: range.count)
    }
    return LayoutCandidates.all(parameter: parameter.shape, target: part).map {
      range.count == target.values.count
        ? $0
        : $0.moved(
          by: range.lowerBound, name: "\($0.name), direction \(range.lowerBound / range.count)")
    }
  }

  private func owners(
    _ target: MatchTarget, _ range: Range<Int>, scaled: Bool
  ) -> [RecordOwner] {
    target.values.withBuffer { values in
      let largest = scaled ? largestMagnitude(values) : 0
      return (byCount[range.count] ?? []).compactMap { index in
        finals[index]?.withBuffer { final in
          let comparison = LayoutComparison(
            target: values, parameter: final, precision: target.precision)
          let parameter = record.parameters[index]
          let layouts = layouts(parameter, target, range)
          if !scaled {
            return layouts.first(where: comparison.isEqual).map {
              RecordOwner(
                parameter: index, layout: $0,
                channels: target.role.channels(of: parameter.shape, in: $0))
            }
          }
          return scaledOwner(index, layouts, target, comparison, largest)
        }
      }
    }
  }

  func scaledOwner(
    _ index: Int, _ layouts: [RecordLayout], _ target: MatchTarget, _ comparison: LayoutComparison,
    _ largest: Float
  ) -> RecordOwner? {
    let shape = record.parameters[index].shape
    guard target.role != .lstm, target.role != .gru else { return nil }
    for layout in layouts {
      guard let channels = target.role.channels(of: shape, in: layout) else { continue }
      let known = target.factors.flatMap {
        comparison.scale(layout, channels, known: $0, largest: largest)
      }
      if let scale = known ?? comparison.scale(layout, channels, largest: largest) {
        return RecordOwner(
          parameter: index, layout: layout, scale: scale, channels: channels)
      }
    }
    return nil
  }

  func largestMagnitude(_ values: UnsafeBufferPointer<Float>) -> Float {
    var largest: Float = 0
    for value in values { largest = max(largest, value.magnitude) }
    return largest
  }
}

extension MatchTarget {
  /// The first slice along the first axis, for its shape alone.
  fileprivate func slice(of count: Int) -> MatchTarget {
    MatchTarget(
      name: name, shape: Array(shape.dropFirst()),
      values: FloatValues([Float](repeating: 0, count: count)), precision: precision, role: role)
  }
}

extension RecordMatcher {
  private func choose(_ owners: [RecordOwner], for target: MatchTarget, rivals: Int) -> Choice {
    if owners.count <= 1 { return owners.isEmpty ? .none : .owners(owners) }
    if rivals == 0, target.uses >= owners.count { return .owners(owners) }
    for isPreferred in [hasName, hasScope] {
      let preferred = owners.filter { isPreferred(record.parameters[$0.parameter], target) }
      if preferred.count == 1 || (!preferred.isEmpty && preferred.count == target.uses) {
        return .owners(preferred)
      }
    }
    return .ambiguous
  }

  private func hasName(_ parameter: TrainingRecord.Parameter, _ target: MatchTarget) -> Bool {
    parameter.name == target.name || parameter.aliases.contains(target.name)
  }

  /// Whether an operator's name, like `/head3/MatMul`, begins with the parameter's module.
  private func hasScope(_ parameter: TrainingRecord.Parameter, _ target: MatchTarget) -> Bool {
    let modules = ([parameter.name] + parameter.aliases).map { name in
      name.split(separator: ".").dropLast().joined(separator: ".")
    }
    return target.scopes.contains { scope in
      let path = scope.split(separator: "/").dropLast().joined(separator: ".")
      return !path.isEmpty && modules.contains(path)
    }
  }

  private func ambiguous(_ target: MatchTarget, _ owners: [RecordOwner]) -> String {
    let names = owners.map { "'\(record.parameters[$0.parameter].name)'" }
    return "'\(target.name)' \(target.shape) equals \(names.joined(separator: " and "));"
      + " give the constant the name of one of them"
  }

  private func unmatched(_ target: MatchTarget, _ range: Range<Int>) -> String {
    let start = "'\(target.name)' \(target.shape) has no owner"
    guard let (parameter, distance) = nearest(target, range) else {
      return "\(start): no recorded parameter has its shape"
    }
    return "\(start): the nearest is '\(parameter.name)', off by \(percent(distance)) in L2;"
      + (distance < 0.5
        ? " the record seems to be of an earlier or later state of this layer"
        : " the record seems to be of another model")
  }

  func percent(_ distance: Double) -> String {
    if distance < 0.0005 { return "less than 0.05 %" }
    if distance > 10 { return "more than 1000 %" }
    return "\((distance * 1000).rounded() / 10) %"
  }

  private func nearest(
    _ target: MatchTarget, _ range: Range<Int>
  ) -> (TrainingRecord.Parameter, Double)? {
    target.values.withBuffer { values in
      var best: (TrainingRecord.Parameter, Double)?
      for index in byCount[range.count] ?? [] {
        let parameter = record.parameters[index]
        let distances = finals[index]?.withBuffer { final in
          let comparison = LayoutComparison(
            target: values, parameter: final, precision: target.precision)
          return layouts(parameter, target, range).map(comparison.distance)
        }
        guard let distance = distances?.min(), distance < best?.1 ?? .infinity else { continue }
        best = (parameter, distance)
      }
      return best
    }
  }
}
