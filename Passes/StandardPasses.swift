public import CoppicePassManager

/// The passes that come with the compiler, and the presets made of them.
public enum StandardPasses {
  /// Every pass, by intent.
  public static let all: [any Pass.Type] =
    cleanup + quantization + fusion + pruning + correction + storage

  private static let cleanup: [any Pass.Type] = [
    FoldConstants.self, RemoveIdentities.self, CommonSubexpressions.self, RemoveDead.self,
  ]
  private static let quantization: [any Pass.Type] = [
    MoveQuantization.self, FoldQuantization.self,
  ]
  private static let fusion: [any Pass.Type] = [
    FoldBatchNorm.self, FoldPad.self, CancelTransposes.self, FuseElementwise.self,
  ]
  private static let pruning: [any Pass.Type] = [
    NameWeights.self, PruneMagnitude.self, PruneMovement.self, PruneOBD.self, PruneFilters.self,
    PruneOracle.self, PruneParticle.self, PruneObs.self, PruneWanda.self, RemoveDeadChannels.self,
  ]
  private static let correction: [any Pass.Type] = [CorrectBias.self, ReestimateBatchNorm.self]
  private static let storage: [any Pass.Type] = [Sparsify.self]
}

extension PassRegistry {
  /// The passes and presets that come with the compiler.
  public static var standard: PassRegistry {
    var registry = PassRegistry()
    for pass in StandardPasses.all { registry.register(pass) }
    for preset in StandardPasses.presets { registry.register(preset) }
    return registry
  }
}
