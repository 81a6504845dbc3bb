import CoppiceC
import CoppiceIR
import CoppicePasses

extension QuantizationSummary {
  /// Looks at a model before and after its pipeline; `nil` for one without quantized tensors.
  ///
  /// - Parameters:
  ///   - model: As it was imported.
  ///   - graph: As the pipeline left it.
  ///   - reasons: Why nodes stayed in float, by name.
  init?(_ model: Graph, _ graph: Graph, reasons: [String: String]) {
    guard model.allNodes.contains(where: { model[$0].op.isQuantized }) else { return nil }
    var steps: [FloatStep] = []
    var (integers, floats) = (false, false)
    for id in graph.allNodes where !(graph[id].op is Fused) {
      let node = graph[id]
      if node.op.computesIntegers { integers = true }
      let values = node.operands.prefix(1).compactMap { $0 } + node.results.compactMap { $0 }
      let isFloat = values.contains { graph[$0].type.element.isFloat }
      if isFloat { floats = true }
      guard let reason = graph.floatReason(id, isFloat, reasons) else { continue }
      steps.append(FloatStep(name: node.name, reason: reason))
    }
    let rows = graph.requantizingNodes().map { row in
      Requantized(
        node: graph[row.node].name, op: graph[row.node].op.name, form: row.form, proof: row.proof)
    }
    self.init(
      arithmetic: !integers ? .float : floats ? .mixed : .int8, floatSteps: steps,
      requantized: rows, inputs: model.inputs.map { model.grid(of: $0) },
      outputs: model.outputs.map { model.grid(of: $0) })
  }
}

extension Operator {
  /// Whether it is made for quantized tensors.
  fileprivate var isQuantized: Bool {
    self is QuantizeLinear || self is DequantizeLinear || computesIntegers
  }

  /// Whether it computes with 8-bit integers.
  fileprivate var computesIntegers: Bool {
    name.hasPrefix("QLinear") || self is Lookup || self is ConvInteger || self is MatMulInteger
  }
}

extension Graph {
  /// Why a node computes in float32; `nil` when it does not.
  fileprivate func floatReason(
    _ id: NodeID, _ isFloat: Bool, _ reasons: [String: String]
  ) -> String? {
    let op = self[id].op
    if op is QLinearSoftmax { return "exponentials are summed and divided as floats" }
    if let form = requantization(id)?.form, form == .onnx, !(op is QLinearGlobalAveragePool) {
      return op is QLinearAveragePool
        ? "its means can be ties, which the order of a float sum decides"
        : "it is requantized as onnxruntime does it"
    }
    guard isFloat else { return nil }
    if let reason = reasons[self[id].name] { return reason }
    switch op {
    case is QuantizeLinear: return "its input is float"
    case is DequantizeLinear: return "its result is read as float"
    default: return "it is not between DequantizeLinear and QuantizeLinear"
    }
  }
}

extension Graph {
  /// What weights that were stored as bytes take as floats; `nil` when there are none.
  ///
  /// - Parameter model: As it was imported.
  /// - Returns: Bytes as integers and as floats.
  func unfoldedWeights(since model: Graph) -> (integers: Int, floats: Int)? {
    var bytes: [String: Int] = [:]
    for id in model.allNodes where model[id].op is DequantizeLinear {
      guard let result = model[id].result, let known = model.constant(model[id].operand(0)) else {
        continue
      }
      bytes[model[result].name] = known.type.byteCount
    }
    var sum = (integers: 0, floats: 0)
    for value in constantValues where self[value].type.element.isFloat {
      guard let own = bytes[self[value].name], useCount(of: value) > 0 else { continue }
      sum.integers += own
      sum.floats += self[value].type.byteCount
    }
    return sum.floats == 0 ? nil : sum
  }
}
