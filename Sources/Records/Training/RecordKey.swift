/// The tensors that a record may hold of each parameter.
package enum RecordKey: String, CaseIterable, Sendable {
  case final, `init`, mv, dww, g1, g2, gw2, chgw2, chact, xnorm2
  /// Steps by output channels: the sum of gradient times weight in each step.
  case chgwSteps = "chgw.steps"
  /// Samples by output channels: the sum over positions of activation times its gradient.
  case chactSamples = "chact.samples"

  /// What one number of a tensor belongs to.
  package enum Extent: Sendable {
    /// An element of the parameter.
    case element
    /// An output channel.
    case output
    /// An input channel, or an input channel at one tap of a window.
    case input
  }

  /// What one number of the tensor belongs to.
  package var extent: Extent {
    switch self {
    case .final, .`init`, .mv, .dww, .g1, .g2, .gw2: .element
    case .chgw2, .chact, .chgwSteps, .chactSamples: .output
    case .xnorm2: .input
    }
  }

  /// Whether the tensor has a row of channels for each step or sample.
  var hasRows: Bool { self == .chgwSteps || self == .chactSamples }

  /// The power of the factor of a channel by which the tensor would have been recorded larger, had
  /// the model been trained with the factor folded in.
  ///
  /// Products of a gradient and its weight do not change.
  var factorPower: Int {
    switch self {
    case .final, .`init`: 1
    case .dww: 2
    case .g1: -1
    case .g2: -2
    case .mv, .gw2, .chgw2, .chact, .xnorm2, .chgwSteps, .chactSamples: 0
    }
  }
}
