import Coppice
import CoppiceIR
import CoppicePassManager
import CoppicePasses
import Testing

/// The particle filter on the digits model: better than the norm that it starts from.
@Suite struct DigitsParticleTests {
  private func prune(_ evaluations: Int) throws -> (accuracy: Double, graph: String) {
    let samples = try Digits.samples(120)
    var services = PassServices.host
    services.readSamples = { _, _ in samples }
    var graph = try Digits.graph()
    var context = PassContext(services: services)
    let options = ["data": "digits", "sparsity": "0.5", "evaluations": "\(evaluations)"]
    try PruneParticle(options: PassOptions(options, for: PruneParticle.info)).run(
      on: &graph, &context)
    let meter = try ModelMeter(graph, gates: ModelGates(), on: samples, services: services)
    return (try #require(meter.base.accuracy), graph.text(TextOptions(elidedAbove: 0)))
  }

  @Test func particlesAreMoreAccurateThanTheNorm() throws {
    let norm = try prune(1)
    let particles = try prune(160)
    #expect(particles.accuracy > norm.accuracy)
    #expect(try prune(160).graph == particles.graph)
  }
}
