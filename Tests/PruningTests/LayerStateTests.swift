import CoppiceIR
import CoppicePassManager
import CoppicePasses
import Synchronization
import Testing

/// What passes that measure layers keep of an interrupted run, and how far they say they are.
@Suite struct LayerStateTests {
  private final class Notes: MeasuringState {
    let values = Mutex<[[UInt8]: [UInt8]]>([:])

    func value(_ key: [UInt8]) -> [UInt8]? { values.withLock { $0[key] } }
    func note(_ value: [UInt8], _ key: [UInt8]) { values.withLock { $0[key] = value } }
    func save() {}
  }

  private final class Told: Sendable {
    let list = Mutex<[PassProgress]>([])
  }

  private static let passes: [(any Pass.Type, [String: String], String)] = [
    (PruneWanda.self, ["sparsity": "0.5"], "samples measured"),
    (PruneObs.self, ["sparsity": "0.5"], "layers pruned"),
    (PruneObs.self, ["sparsity": "0.5", "method": "obs"], "layers pruned"),
  ]

  private func prune<P: Pass>(
    _ pass: P.Type, _ options: [String: String], _ layer: LayerCase, _ services: PassServices
  ) throws -> (weights: [[Double]], notes: [String]) {
    var context = PassContext(services: services)
    let all = options.merging(["data": "samples", "state": "state"]) { $1 }
    let weights = try layer.pruned(pass, all, &context)
    return (weights, context.diagnostics.map(\.message.text))
  }

  @Test(arguments: passes.indices) func whatIsKnownIsNotMeasuredAgain(_ index: Int) throws {
    let (pass, options, _) = Self.passes[index]
    let layer = try LayerCase()
    let notes = Notes()
    var services = layer.services
    services.openState = { _, _ in notes }
    let first = try prune(pass, options, layer, services)
    #expect(first.weights == (try layer.pruned(pass, options)))
    #expect(notes.values.withLock { $0.count } == 1)

    var samples = try services.readSamples("", layer.graph)
    samples.inputs = samples.inputs.map { _ in [Bytes([Float](repeating: .nan, count: 6))] }
    services.readSamples = { [samples] _, _ in samples }
    let second = try prune(pass, options, layer, services)
    #expect(second.weights == first.weights && second.notes == first.notes)
    #expect(throws: (any Error).self) {
      notes.values.withLock { $0.removeAll() }
      _ = try prune(pass, options, layer, services)
    }
  }

  @Test(arguments: passes.indices) func whatDoesNotFitIsMeasured(_ index: Int) throws {
    let (pass, options, _) = Self.passes[index]
    let layer = try LayerCase()
    let notes = Notes()
    notes.note([1, 2, 3], Array("w".utf8))
    var services = layer.services
    services.openState = { _, _ in notes }
    #expect(
      try prune(pass, options, layer, services).weights == (try layer.pruned(pass, options)))
  }

  @Test(arguments: passes.indices) func progressIsTold(_ index: Int) throws {
    let (pass, options, what) = Self.passes[index]
    let layer = try LayerCase()
    let told = Told()
    var services = layer.services
    services.openState = { _, _ in Notes() }
    services.progress = { message in told.list.withLock { $0.append(message) } }
    _ = try prune(pass, options, layer, services)
    let last = try #require(told.list.withLock { $0.last })
    #expect(last.what == what && last.done == last.all)
  }
}
