import CoppiceIR

extension RecordMatcher {
  /// The match that a user gives by hand; the values only tell layouts that are not given, and factors.
  func match(
    _ index: Int, _ target: MatchTarget, _ entries: [RecordMap.Entry], _ notes: inout [String]
  ) throws(DiagnosticMessage) -> RecordMatch {
    let parts = parts(of: target)
    let ranges = parts.count == entries.count && parts.count > 1 ? parts : nil
    var owners: [RecordOwner] = []
    for (place, entry) in entries.enumerated() {
      let range = ranges?[place] ?? 0..<target.values.count
      owners.append(try owner(target, range, entry, &notes))
    }
    return RecordMatch(target: index, owners: owners)
  }

  private func owner(
    _ target: MatchTarget, _ range: Range<Int>, _ entry: RecordMap.Entry, _ notes: inout [String]
  ) throws(DiagnosticMessage) -> RecordOwner {
    guard
      let index = record.parameters.firstIndex(where: {
        $0.name == entry.parameter || $0.aliases.contains(entry.parameter)
      }), let final = finals[index]
    else { throw fault(target, "'\(record.name)' has no parameter '\(entry.parameter)'") }
    let parameter = record.parameters[index]
    let possible = parameter.count == range.count ? layouts(parameter, target, range) : []
    guard !possible.isEmpty else {
      throw fault(
        target, "'\(entry.parameter)' has shape \(parameter.shape), which does not fill it")
    }
    let named = possible.filter { entry.layout == nil || $0.base == entry.layout }
    guard !named.isEmpty else {
      let names = possible.map { "'\($0.base)'" }.joined(separator: ", ")
      throw fault(target, "layout '\(entry.layout ?? "")' is not among the possible ones: \(names)")
    }
    let equal = target.values.withBuffer { values in
      final.withBuffer { final in self.equal(index, named, target, values, final) }
    }
    if let equal { return equal }
    guard named.count == 1 || named[0].base == "identity" && entry.layout != nil else {
      let names = named.map { "'\($0.base)'" }.joined(separator: ", ")
      throw fault(
        target, "no layout of '\(entry.parameter)' has its values; give the layout: \(names)")
    }
    let distance = target.values.withBuffer { values in
      final.withBuffer { final in
        LayoutComparison(target: values, parameter: final, precision: target.precision)
          .distance(named[0])
      }
    }
    notes.append(
      "'\(target.name)' is '\(parameter.name)' by hand, off by \(percent(distance)) in L2")
    return RecordOwner(
      parameter: index, layout: named[0],
      channels: target.role.channels(of: parameter.shape, in: named[0]))
  }

  /// The owner by one of some layouts in which the values agree.
  private func equal(
    _ index: Int, _ layouts: [RecordLayout], _ target: MatchTarget,
    _ values: UnsafeBufferPointer<Float>, _ final: UnsafeBufferPointer<Float>
  ) -> RecordOwner? {
    let shape = record.parameters[index].shape
    for reading in [target, target.rounded, target.dequantized].compactMap({ $0 }) {
      let comparison = LayoutComparison(
        target: values, parameter: final, precision: reading.precision)
      if let layout = layouts.first(where: comparison.isEqual) {
        return RecordOwner(
          parameter: index, layout: layout, channels: target.role.channels(of: shape, in: layout))
      }
    }
    let comparison = LayoutComparison(target: values, parameter: final, precision: target.precision)
    return scaledOwner(index, layouts, target, comparison, largestMagnitude(values))
  }

  private func fault(_ target: MatchTarget, _ what: String) -> DiagnosticMessage {
    DiagnosticMessage(
      "record-map", "the owner of '\(target.name)' \(target.shape) is wrong: \(what)")
  }
}

extension RecordLayout {
  /// The name without the direction of a recurrent layer.
  fileprivate var base: String {
    name.firstRange(of: ", direction ").map { String(name[..<$0.lowerBound]) } ?? name
  }
}
