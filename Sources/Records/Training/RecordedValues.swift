package import CoppiceIR

/// Numbers of a record in the order of the elements of a model's constants.
package struct RecordedValues {
  let record: TrainingRecord

  package init(_ record: TrainingRecord) { self.record = record }

  /// The recorded sums for each element of a matched constant.
  ///
  /// Numbers of a channel stand at each of its elements. Where a factor was folded into a channel,
  /// they are what would have been recorded with the factor; several owners of one element add up.
  ///
  /// - Parameters:
  ///   - key: What was recorded.
  ///   - match: The constant's owners.
  ///   - count: The constant's elements.
  /// - Returns: A number for each element.
  /// - Throws: `record-lacks-key`, `record-shape`.
  /// - Complexity: O(*n*).
  package func sums(
    _ key: RecordKey, of match: RecordMatch, count: Int
  ) throws(DiagnosticMessage) -> [Double] {
    try gathered(key, match, count) { _ in 1 }
  }

  /// The same divided by the number of samples or steps, or by 1 if the record does not say it.
  ///
  /// - Parameters:
  ///   - key: What was recorded.
  ///   - match: The constant's owners.
  ///   - count: The constant's elements.
  /// - Returns: A number for each element.
  /// - Throws: `record-lacks-key`, `record-shape`.
  /// - Complexity: O(*n*).
  package func means(
    _ key: RecordKey, of match: RecordMatch, count: Int
  ) throws(DiagnosticMessage) -> [Double] {
    try gathered(key, match, count) { parameter in
      1 / Double(record.addends(key, of: parameter) ?? 1)
    }
  }

  private func gathered(
    _ key: RecordKey, _ match: RecordMatch, _ count: Int,
    _ weight: (TrainingRecord.Parameter) -> Double
  ) throws(DiagnosticMessage) -> [Double] {
    var result = [Double](repeating: 0, count: count)
    for owner in match.owners {
      let parameter = record.parameters[owner.parameter]
      let values = try required(key, parameter)
      let place = try place(key, parameter, owner, values.count)
      let factors = owner.scale.map { $0.factors.map { power($0, key.factorPower) } }
      let weight = weight(parameter)
      values.withBuffer { values in
        _ = owner.layout.forEachRun { start, from, stride, count in
          for step in 0..<count {
            let position = from + step * stride
            let factor = factors.flatMap { factors in
              owner.channels.map { factors[$0.channel(position)] }
            }
            result[start + step] += Double(values[place(position)]) * weight * (factor ?? 1)
          }
          return true
        }
      }
    }
    return result
  }

  func required(
    _ key: RecordKey, _ parameter: TrainingRecord.Parameter
  ) throws(DiagnosticMessage) -> FloatValues {
    if let values = record.values(parameter, key) { return values }
    throw DiagnosticMessage(
      "record-lacks-key", "'\(record.name)' has no '\(key.rawValue)' of '\(parameter.name)'")
  }

  /// A channel of factor zero has no gradient.
  private func power(_ factor: Float, _ exponent: Int) -> Double {
    let factor = Double(factor)
    switch exponent {
    case 0: return 1
    case 1: return factor
    case 2: return factor * factor
    case -1: return factor == 0 ? 0 : 1 / factor
    default: return factor == 0 ? 0 : 1 / (factor * factor)
    }
  }

  /// Where the number that belongs to an element of the parameter stands.
  private func place(
    _ key: RecordKey, _ parameter: TrainingRecord.Parameter, _ owner: RecordOwner, _ count: Int
  ) throws(DiagnosticMessage) -> (Int) -> Int {
    switch key.extent {
    case .element: return { $0 }
    case .output:
      guard let channels = owner.channels, channels.count == count else {
        throw shape(key, parameter, count, "its output channels")
      }
      return channels.channel
    case .input:
      guard let channels = owner.channels,
        let inputs = InputMap(
          parameter.shape, channels, numbers: record.shape(parameter, key) ?? [count])
      else { throw shape(key, parameter, count, "its input channels, or these and the taps") }
      return inputs.number
    }
  }

  func shape(
    _ key: RecordKey, _ parameter: TrainingRecord.Parameter, _ count: Int, _ wanted: String
  ) -> DiagnosticMessage {
    DiagnosticMessage(
      "record-shape",
      "'\(record.name)': '\(parameter.name)/\(key.rawValue)' has \(count) numbers, which are not"
        + " \(wanted) (shape \(parameter.shape))")
  }
}
