package import CoppiceIR

/// What a record can be asked for, and the keys each answer is made of.
package enum Criterion: String, CaseIterable, Sendable {
  case magnitude
  case movementGradient = "movement (form=gradient)"
  case movementMidpoint = "movement (form=midpoint)"
  case movementDeltas = "movement from weight changes"
  case taylor = "first-order Taylor"
  case taylorSquares = "Taylor over weights"
  case taylorGates = "Taylor over channels"
  case taylorActivations = "Taylor over feature maps"
  case secondOrder = "optimal brain damage"
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

  package var criterion: Criterion {
    switch self {
    case .gradient: .movementGradient
    case .midpoint: .movementMidpoint
    }
  }
}

extension TrainingRecord {
  /// The criteria for which every one of the parameters has what is needed.
  package func criteria(for indices: some Sequence<Int>) -> [Criterion] {
    let keys = indices.map { parameters[$0].keys }
    return Criterion.allCases.filter { criterion in
      keys.allSatisfy { $0.isSuperset(of: criterion.keys) }
    }
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
        guard let owner = indices.first(where: { !parameters[$0].keys.contains(key) }) else {
          continue
        }
        lacking.append("'\(key.rawValue)' of '\(parameters[owner].name)'")
      }
    }
    return DiagnosticMessage(
      "record-lacks-key",
      "'\(name)' has no \(lacking.joined(separator: " and no "));"
        + " what it can serve: \(served.map(\.rawValue).joined(separator: ", "))")
  }
}
