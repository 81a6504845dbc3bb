package import CoppiceIR

/// What a record can be asked for, and the keys each answer is made of.
package enum Criterion: String, CaseIterable, Sendable {
  case magnitude
  case movementGradient = "movement (form=gradient)"
  case movementMidpoint = "movement (form=midpoint)"
  case movementDeltas = "movement (form=delta)"
  case taylor = "first-order Taylor"
  case taylorSquares = "Taylor over weights"
  case taylorGates = "Taylor over channels"
  case taylorActivations = "Taylor over feature maps"
  case secondOrder = "optimal brain damage"
  case layerSecondOrder = "optimal brain damage of layers"
  case wanda = "weights times activations"

  package var keys: [RecordKey] {
    switch self {
    case .magnitude: [.final]
    case .movementGradient: [.mv]
    case .movementMidpoint: [.`init`, .final]
    case .movementDeltas: [.dww]
    case .taylor: [.g1, .final]
    case .taylorSquares: [.gw2]
    case .taylorGates: [.chgw2]
    case .taylorActivations: [.chact]
    case .secondOrder: [.g2, .final]
    case .layerSecondOrder: [.xnorm2, .final]
    case .wanda: [.xnorm2, .final]
    }
  }
}

/// How the movement of a weight is scored.
package enum MovementForm: String, CaseIterable, Sendable {
  /// The sum over the steps of minus gradient times weight, as recorded.
  case gradient

  /// Half of what the square of the weight gained from the first step to the last.
  case midpoint

  /// The sum over the steps of the weight's change times the weight before it.
  case delta

  package var criterion: Criterion {
    switch self {
    case .gradient: .movementGradient
    case .midpoint: .movementMidpoint
    case .delta: .movementDeltas
    }
  }
}

extension TrainingRecord.Parameter {
  /// Whether it has the keys of a criterion, or snapshots that stand for them.
  fileprivate func serves(_ criterion: Criterion) -> Bool {
    keys.isSuperset(of: criterion.keys) || (criterion == .movementDeltas && hasSnapshots)
  }
}

extension TrainingRecord {
  /// The criteria for which every one of the parameters has what is needed.
  package func criteria(for indices: some Sequence<Int>) -> [Criterion] {
    let own = indices.map { parameters[$0] }
    return Criterion.allCases.filter { criterion in own.allSatisfy { $0.serves(criterion) } }
  }

  /// The form asked for, or the best one that all of the parameters can serve.
  package func form(
    _ wanted: MovementForm?, for indices: some Sequence<Int>
  ) throws(DiagnosticMessage) -> MovementForm {
    let indices = Array(indices)
    let served = criteria(for: indices)
    let forms = wanted.map { [$0] } ?? MovementForm.allCases
    if let form = forms.first(where: { served.contains($0.criterion) }) { return form }
    throw missingKey(for: forms.map(\.criterion), among: indices, served)
  }

  /// Requires the keys of a criterion for all of the parameters.
  package func require(
    _ criterion: Criterion, for indices: some Sequence<Int>
  ) throws(DiagnosticMessage) {
    let indices = Array(indices)
    let served = criteria(for: indices)
    guard served.contains(criterion) else {
      throw missingKey(for: [criterion], among: indices, served)
    }
  }

  private func missingKey(
    for criteria: [Criterion], among indices: [Int], _ served: [Criterion]
  ) -> DiagnosticMessage {
    var lacking: [String] = []
    for criterion in criteria {
      for key in criterion.keys {
        guard
          let owner = indices.first(where: {
            !parameters[$0].keys.contains(key) && !parameters[$0].serves(criterion)
          })
        else { continue }
        lacking.append("'\(key.rawValue)' of '\(parameters[owner].name)'")
      }
    }
    return DiagnosticMessage(
      "record-lacks-key",
      "'\(name)' has no \(lacking.joined(separator: " and no "));"
        + " what it can serve: \(served.map(\.rawValue).joined(separator: ", "))")
  }
}
