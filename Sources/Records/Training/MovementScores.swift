package import CoppiceIR

/// Scores of the movement of weights, in the layout of the model's constants.
package struct MovementScores {
  private let record: TrainingRecord
  package let form: MovementForm

  package init(_ record: TrainingRecord, form: MovementForm) {
    self.record = record
    self.form = form
  }

  /// The scores of a matched constant; several owners of one element add up.
  package func scores(of match: RecordMatch, count: Int) throws(DiagnosticMessage) -> FloatValues {
    if form == .gradient, match.owners.count == 1, match.owners[0].layout == .identity(count) {
      return try values(record.parameters[match.owners[0].parameter], .mv)
    }
    var scores = [Float](repeating: 0, count: count)
    var covered = 0
    for owner in match.owners.sorted(by: { $0.layout.range.lowerBound < $1.layout.range.lowerBound }
    ) {
      let isFirst = owner.layout.range.lowerBound >= covered
      covered = max(covered, owner.layout.range.upperBound)
      try add(owner, isFirst: isFirst, to: &scores)
    }
    return FloatValues(scores)
  }

  /// The scores of a parameter in its own layout.
  package func scores(ofParameter index: Int) throws(DiagnosticMessage) -> FloatValues {
    let count = record.parameters[index].count
    let owner = RecordOwner(parameter: index, layout: .identity(count), scale: nil)
    return try scores(of: RecordMatch(target: 0, owners: [owner]), count: count)
  }

  private func add(
    _ owner: RecordOwner, isFirst: Bool, to scores: inout [Float]
  ) throws(DiagnosticMessage) {
    let parameter = record.parameters[owner.parameter]
    let first: FloatValues
    switch form {
    case .gradient: first = try values(parameter, .mv)
    case .midpoint: first = try values(parameter, .`init`)
    case .delta: first = try deltas(parameter)
    }
    let last = form == .midpoint ? try values(parameter, .final) : first
    first.withBuffer { first in
      last.withBuffer { last in
        scores.withUnsafeMutableBufferPointer { scores in
          let sum = ScoreSum(first: first, last: last, form: form, scale: owner.scale)
          sum.add(owner.layout, isFirst: isFirst, to: scores)
        }
      }
    }
  }

  /// The sum of each change times the weight before it, as recorded or between snapshots.
  private func deltas(
    _ parameter: TrainingRecord.Parameter
  ) throws(DiagnosticMessage) -> FloatValues {
    if parameter.keys.contains(.dww) || !parameter.hasSnapshots {
      return try values(parameter, .dww)
    }
    let points = record.trajectory(parameter)
    var sums = [Double](repeating: 0, count: parameter.count)
    for (point, next) in zip(points, points.dropFirst()) {
      point.withBuffer { point in
        next.withBuffer { next in
          for index in sums.indices {
            let weight = Double(point[index])
            sums[index] += (Double(next[index]) - weight) * weight
          }
        }
      }
    }
    return FloatValues(sums.map { Float($0) })
  }

  private func values(
    _ parameter: TrainingRecord.Parameter, _ key: RecordKey
  ) throws(DiagnosticMessage) -> FloatValues {
    guard let values = record.values(parameter, key) else {
      throw DiagnosticMessage(
        "record-lacks-key",
        "'\(record.name)' has no '\(key.rawValue)' of '\(parameter.name)'")
    }
    return values
  }
}

/// The inner loops: one owner's scores, gathered through its layout.
private struct ScoreSum {
  let first: UnsafeBufferPointer<Float>
  let last: UnsafeBufferPointer<Float>
  let form: MovementForm
  let scale: ChannelScale?

  func add(_ layout: RecordLayout, isFirst: Bool, to scores: UnsafeMutableBufferPointer<Float>) {
    _ = layout.forEachRun { start, from, stride, count in
      for step in 0..<count {
        let score = score(from + step * stride)
        scores[start + step] = isFirst ? score : scores[start + step] + score
      }
      return true
    }
  }

  @inline(__always)
  private func score(_ position: Int) -> Float {
    switch form {
    case .gradient: return first[position]
    case .midpoint:
      let (begin, end) = (Double(first[position]), Double(last[position]))
      return scaled((end - begin) * (end + begin) * 0.5, position)
    case .delta: return scaled(Double(first[position]), position)
    }
  }

  /// Squares of weights grow with the square of a factor that was folded into them.
  @inline(__always)
  private func scaled(_ score: Double, _ position: Int) -> Float {
    guard let scale else { return Float(score) }
    let factor = Double(scale.factors[scale.channels.channel(position)])
    return Float(score * factor * factor)
  }
}
