import CoppicePassManager

/// How filters are scored.
enum FilterCriterion: String, CaseIterable, Sendable {
  /// The sum of the magnitudes of a filter's weights (Li et al. 2017).
  case l1
  /// The Euclidean norm of a filter's weights.
  case l2
  /// The sum of the distances to the other filters of the layer (He et al. 2019).
  case fpgm
  /// The magnitude of the normalisation's scale (Liu et al. 2017).
  case bn
  /// Feature maps: the mean over samples of |mean over positions of activation times gradient|
  /// (Molchanov et al. 2017).
  case taylor
  /// The mean of the square of the sum of gradient times weight (Molchanov et al. 2019).
  case taylorGate = "taylor-gate"
  /// The sum over weights of the mean of (gradient times weight) squared (Molchanov et al. 2019).
  case taylorWeight = "taylor-weight"
  /// Half of the weights squared times their second derivatives (LeCun et al. 1990).
  case obd
  /// Numbers of a generator.
  case random

  /// Whether the score comes from a training record.
  var readsRecord: Bool {
    switch self {
    case .taylor, .taylorGate, .taylorWeight, .obd: true
    case .l1, .l2, .fpgm, .bn, .random: false
    }
  }

  /// Whether a unit's score is the sum over its filters, not their mean.
  var addsUp: Bool { readsRecord }

  /// Whether the score grows with the number of weights, so that a mean over them makes sense.
  var sumsWeights: Bool {
    switch self {
    case .l1, .l2, .fpgm, .taylorGate, .taylorWeight, .obd: true
    case .bn, .taylor, .random: false
    }
  }

  /// What the method's literature does to scores before layers are compared.
  var normalisation: ScoreNormalisation { self == .taylor ? .layerL2 : .none }
}
