import CoppiceIR
public import CoppicePassManager

extension PassServices {
  /// Tensors and samples from files, and models that run as programs of this machine.
  public static let host = PassServices(
    openTensors: Coppice.openTensors, readText: Coppice.readText,
    readSamples: Coppice.readSamples,
    makeEvaluator: { graph, taps, gates throws(Diagnostics) in
      try HostEvaluator(graph, taps, gates)
    })
}
