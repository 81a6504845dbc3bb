package import CoppiceIR

extension TrainingRecord {
  /// Whether a tensor is there of all parameters.
  package func has(_ key: RecordKey, of parameters: some Sequence<Int>) -> Bool {
    parameters.allSatisfy { self.parameters[$0].keys.contains(key) }
  }
}

extension RecordedValues {
  /// What was recorded for the output channels that some elements of a constant belong to.
  ///
  /// - Parameters:
  ///   - key: What was recorded of output channels.
  ///   - elements: Flat indices into the constant.
  ///   - match: The constant's owners.
  /// - Returns: For each element a number of each sample or step, or one where the tensor has sums
  ///   alone; those of several owners add up. `nil` where an element has no owner.
  /// - Throws: `record-lacks-key`, `record-shape`.
  package func series(
    _ key: RecordKey, at elements: [Int], of match: RecordMatch
  ) throws(DiagnosticMessage) -> [[Double]?] {
    var result = [[Double]?](repeating: nil, count: elements.count)
    for owner in match.owners {
      let parameter = record.parameters[owner.parameter]
      let values = try required(key, parameter)
      guard let channels = owner.channels, values.count > 0, values.count % channels.count == 0,
        key.hasRows || values.count == channels.count
      else { throw shape(key, parameter, values.count, "its output channels") }
      values.withBuffer { values in
        for (number, element) in elements.enumerated() {
          guard let place = owner.layout.parameterIndex(element) else { continue }
          let own = stride(
            from: channels.channel(place), to: values.count, by: channels.count
          ).map { Double(values[$0]) }
          result[number] = result[number].map { zip($0, own).map { $0 + $1 } } ?? own
        }
      }
    }
    return result
  }
}
