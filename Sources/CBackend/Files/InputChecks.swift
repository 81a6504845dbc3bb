import CoppiceIR

extension Generation {
  /// The C condition that an input holds what it must.
  func condition(_ assumption: InputAssumption) -> String {
    let input = "in\(assumption.input)"
    var terms = assumption.accepted.enumerated().map { index, values in
      let tests = values.map { "\(input)[\(index)] == \(number($0))" }.joined(separator: " || ")
      return values.count == 1 ? tests : "(\(tests))"
    }
    for second in assumption.accepted.indices {
      terms += (0..<second).compactMap {
        pair("\(input)[\($0)]", "\(input)[\(second)]", assumption)
      }
    }
    return terms.joined(separator: "\n        && ")
  }

  private func pair(_ left: String, _ right: String, _ assumption: InputAssumption) -> String? {
    switch assumption.rule {
    case .independent: nil
    case .atMostOnce(let value): "(\(left) != \(number(value)) || \(right) != \(number(value)))"
    case .distinct(let modulus): "(int)(\(left) - \(right)) % \(modulus) != 0"
    }
  }

  private func number(_ value: Int) -> String {
    Int(Int32.min) < value && value <= Int(Int32.max) ? "\(value)" : "INT64_C(\(value))"
  }

  /// Elements of an input that meet what is assumed of it.
  func assumedElements(_ input: Int) -> [Int]? {
    CoppiceIR.assumedElements(program.assumptions.filter { $0.input == input })
  }
}
