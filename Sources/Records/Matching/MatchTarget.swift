/// A constant of the model that looks for its parameter in a record.
package struct MatchTarget: Sendable {
  /// The precision in which the model stores what was trained in 32 bits.
  package enum Precision: Sendable {
    case exact, float16, bfloat16
    /// Whole multiples of steps.
    case quantized(QuantizationGrid)
  }

  /// What reads the constant, as far as that changes its layout.
  package enum Role: Hashable, Sendable {
    case plain
    case transposedConvolution(groups: Int)
    case lstm, gru
  }

  package let name: String
  package let shape: [Int]
  package let values: FloatValues
  package let precision: Precision
  package let role: Role

  /// How many operators read the constant as their weight.
  package let uses: Int

  /// The names of the operators that read it.
  package let scopes: [String]

  /// The factor of each output channel, where a pass folded a normalisation in.
  package let factors: [Float]?

  package init(
    name: String, shape: [Int], values: FloatValues, precision: Precision = .exact,
    role: Role = .plain, uses: Int = 1, scopes: [String] = [],
    factors: [Float]? = nil
  ) {
    self.name = name
    self.shape = shape
    self.values = values
    self.precision = precision
    self.role = role
    self.uses = uses
    self.scopes = scopes
    self.factors = factors
  }
}

extension MatchTarget {
  /// The target as one that was rounded, where 32-bit numbers all fit in 16 bits: what a Cast leaves.
  var rounded: MatchTarget? {
    guard case .exact = precision else { return nil }
    let fitting: Precision? = values.withBuffer { values in
      if values.allSatisfy({ $0.bitPattern & 0xFFFF == 0 }) { return .bfloat16 }
      return values.allSatisfy(\.isFloat16) ? .float16 : nil
    }
    return fitting.map(reading)
  }

  /// The target as one that was quantized, where its elements are whole multiples of a few steps: what
  /// dequantizing leaves.
  var dequantized: MatchTarget? {
    guard case .exact = precision else { return nil }
    return QuantizationGrid.find(values, shape).map { reading(.quantized($0)) }
  }

  private func reading(_ precision: Precision) -> MatchTarget {
    MatchTarget(
      name: name, shape: shape, values: values, precision: precision, role: role, uses: uses,
      scopes: scopes, factors: factors)
  }
}

extension Float {
  /// Whether float16 holds the number; its least step is 2 to the power of -24.
  fileprivate var isFloat16: Bool {
    guard magnitude >= 0x1p-14 else { return (self * 0x1p24).rounded() == self * 0x1p24 }
    return bitPattern & 0x1FFF == 0 && magnitude <= 65504
  }
}

/// The parameter that a constant, or a part of one, was made from.
package struct RecordOwner: Sendable {
  /// Which of the record's parameters.
  package let parameter: Int

  /// How the constant's elements lie in the parameter.
  package let layout: RecordLayout

  /// The factor of each output channel, where BatchNormalization was folded in.
  package let scale: ChannelScale?

  /// The output channels of the parameter.
  let channels: ChannelMap?

  init(
    parameter: Int, layout: RecordLayout, scale: ChannelScale? = nil, channels: ChannelMap? = nil
  ) {
    self.parameter = parameter
    self.layout = layout
    self.scale = scale
    self.channels = channels
  }
}

/// A constant of the model and everything in the record it was made from.
package struct RecordMatch: Sendable {
  /// Which of the targets.
  package let target: Int

  /// Several where a constant serves several parameters or is stacked from them.
  package let owners: [RecordOwner]
}

extension TrainingRecord {
  /// A match in words, for reports: `fc.weight, transposed`.
  package func describe(_ match: RecordMatch) -> String {
    match.owners.map { owner in
      var words = [parameters[owner.parameter].name]
      if owner.layout.name != "identity" { words.append(owner.layout.name) }
      if owner.scale != nil { words.append("scaled") }
      return words.joined(separator: ", ")
    }.joined(separator: " + ")
  }
}
