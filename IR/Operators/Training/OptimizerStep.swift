/// The nodes of one step of a training operator, over any number of tensors.
struct OptimizerStep {
  var builder: DecompositionBuilder
  let rate: ValueID
  let count: ValueID
  /// For each tensor: itself, its gradient and its states.
  let groups: [[ValueID]]

  /// Takes the operands apart: the rate, the count of steps, and lists of `parts` operands.
  init(_ builder: DecompositionBuilder, _ name: String, parts: Int) throws(DiagnosticMessage) {
    let operands = builder.operands.compactMap { $0 }
    guard operands.count == builder.operands.count, operands.count > 2,
      (operands.count - 2) % parts == 0
    else {
      throw DiagnosticMessage(
        "training-operands", "\(name) takes a rate, a count and \(parts) operands for each tensor")
    }
    let size = (operands.count - 2) / parts
    groups = (0..<size).map { place in (0..<parts).map { operands[2 + $0 * size + place] } }
    (rate, count) = (operands[0], operands[1])
    self.builder = builder
  }

  /// A number of the rate's type.
  mutating func number(_ value: Double) -> ValueID {
    builder.scalar(value, builder.type(rate).element)
  }

  mutating func number(_ value: Float) -> ValueID { number(Double(value)) }

  mutating func add(_ a: ValueID, _ b: ValueID) throws(DiagnosticMessage) -> ValueID {
    try builder.node(Add(), a, b)
  }
  mutating func subtract(_ a: ValueID, _ b: ValueID) throws(DiagnosticMessage) -> ValueID {
    try builder.node(Sub(), a, b)
  }
  mutating func multiply(_ a: ValueID, _ b: ValueID) throws(DiagnosticMessage) -> ValueID {
    try builder.node(Mul(), a, b)
  }
  mutating func divide(_ a: ValueID, _ b: ValueID) throws(DiagnosticMessage) -> ValueID {
    try builder.node(Div(), a, b)
  }

  /// The gradient, with that of the norm's penalty.
  mutating func regularized(
    _ group: [ValueID], _ coefficient: Float
  ) throws(DiagnosticMessage) -> ValueID {
    if coefficient == 0 { return group[1] }
    return try add(try multiply(number(coefficient), group[0]), group[1])
  }

  /// `decay * state + share * value`.
  mutating func mixed(
    _ state: ValueID, _ decay: Float, _ value: ValueID, _ share: ValueID
  ) throws(DiagnosticMessage) -> ValueID {
    try add(try multiply(number(decay), state), try multiply(share, value))
  }

  /// The count as a real number.
  mutating func steps() throws(DiagnosticMessage) -> ValueID {
    try builder.cast(count, builder.type(rate).element)
  }

  /// One value where no step was made yet, else another.
  mutating func later(_ value: ValueID, else first: ValueID) throws(DiagnosticMessage) -> ValueID {
    let zero = builder.scalar(0, builder.type(count).element)
    let condition = try builder.node(Greater(), count, zero)
    return try builder.node(Where(), condition, value, first)
  }

  /// Sets the results: the first of each group, then the second, and so on.
  mutating func finish(_ results: [[ValueID]]) {
    for (place, group) in results.enumerated() {
      for (part, value) in group.enumerated() {
        builder.setResult(part * results.count + place, value)
      }
    }
  }
}
