import CoppicePassManager

/// How accuracies become weights.
package enum ParticleWeights: String, CaseIterable, Sendable {
  /// Shares of their sum.
  case accuracy
  /// Shares of the sum of exp(-(1 - accuracy) / 0.1), which tells good masks from fair ones.
  case gibbs
}

/// Where the first particles lie.
package enum ParticleStart: String, CaseIterable, Sendable {
  /// Around the mask of the lowest L1 norms.
  case l1
  /// Anywhere.
  case random
}

/// The steps of a particle filter that need no model.
package enum Particles {
  /// Weights that sum to 1; equal ones where all accuracies are 0.
  package static func weights(_ accuracies: [Double], _ kind: ParticleWeights) -> [Double] {
    let parts = accuracies.map { kind == .accuracy ? $0 : PortableMath.exp(-(1 - $0) / 0.1) }
    let sum = parts.reduce(0, +)
    return parts.map { sum > 0 ? $0 / sum : 1 / Double(parts.count) }
  }

  /// How many particles of equal weight would say as much.
  package static func effectiveCount(_ weights: [Double]) -> Double {
    1 / weights.reduce(0) { $0 + $1 * $1 }
  }

  /// Systematic resampling: place i of N is `(u + i) / N`, and takes the first particle whose
  /// cumulative weight lies above it.
  package static func resample(_ weights: [Double], u: Double) -> [Int] {
    var (particle, cumulative) = (0, weights.first ?? 0)
    return weights.indices.map { place in
      let position = (u + Double(place)) / Double(weights.count)
      while cumulative <= position, particle + 1 < weights.count {
        particle += 1
        cumulative += weights[particle]
      }
      return particle
    }
  }
}
