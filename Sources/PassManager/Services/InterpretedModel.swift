internal import CoppiceIR

/// Runs a model by the interpreter: slow, and the meaning of what faster ones do.
struct InterpretedModel: ModelEvaluator {
  private struct Place: Hashable {
    let node: NodeID
    let operand: Int
  }

  private let graph: Graph
  private let taps: [ValueID]
  private let readings: [Place: [ModelGates.Reading]]

  init(_ graph: Graph, taps: [ValueID], gates: ModelGates) {
    self.graph = graph
    self.taps = taps
    readings = Dictionary(grouping: gates.readings) { Place(node: $0.node, operand: $0.operand) }
  }

  func run(
    _ samples: ModelSamples, gates settings: [GateSetting], _ take: (ModelAnswer) throws -> Void
  ) throws {
    let inputTypes = graph.inputs.map { graph[$0].type }
    for (number, setting) in settings.enumerated() {
      let evaluator = GraphEvaluator(graph) { node, operand, read in
        (readings[Place(node: node, operand: operand)] ?? []).reduce(read) { $0.gated($1, setting) }
      }
      for (sample, inputs) in samples.inputs.enumerated() {
        let constants = zip(inputTypes, inputs).map { Constant($0, .dense($1)) }
        let values = try evaluator.values(graph.outputs + taps, constants).map(\.dense)
        try take(
          ModelAnswer(
            setting: number, sample: sample, outputs: Array(values.prefix(graph.outputs.count)),
            taps: Array(values.dropFirst(graph.outputs.count))))
      }
    }
  }
}

extension Constant {
  fileprivate func gated(_ reading: ModelGates.Reading, _ setting: GateSetting) -> Constant {
    let off = reading.gates.indices.filter { index in
      reading.gates[index].map { !setting.isOn[$0] } ?? false
    }
    return off.isEmpty ? self : clearing(off, axis: reading.axis)
  }
}
