internal import CoppiceIR

/// What a pass made of a graph whose independent nodes stand in the opposite order.
struct OrderCheck {
  let graph: Graph
  /// Whether the limit of rewrites cut the pass off, which order decides where.
  let isCut: Bool

  /// Compares it with what the pass made of the graph in its own order.
  ///
  /// An exact pass may build other nodes, but no other answers. Approximate passes may choose between
  /// equals by their order, so that only their shapes are compared.
  ///
  /// - Throws: `order-dependent`.
  func compare(
    with other: Graph, after pass: String, _ exactness: PassInfo.Exactness
  ) throws(Diagnostics) {
    guard !isCut else { return }
    let types = { (graph: Graph) in graph.outputs.map { graph[$0].type } }
    let names = { (graph: Graph) in graph.outputs.map { graph[$0].name } }
    guard types(graph) == types(other), names(graph) == names(other) else {
      throw Diagnostics([.dependent(pass, "the model's outputs are others")])
    }
    guard exactness == .exact, graph.dataflow != other.dataflow else { return }
    let inputs = other.trialInputs
    guard let expected = try? GraphEvaluator(other).outputs(inputs),
      let found = try? GraphEvaluator(graph).outputs(inputs)
    else { return }
    for (index, value) in other.outputs.enumerated()
    where !found[index].numbers.elementsEqual(expected[index].numbers, by: isSameNumber) {
      throw Diagnostics([.dependent(pass, "output '\(other[value].name)' has other values")])
    }
  }

  private func isSameNumber(_ a: Double, _ b: Double) -> Bool { a == b || a.isNaN && b.isNaN }
}

extension Graph {
  /// What each output is computed from and how, whatever nodes are called and where they stand.
  fileprivate var dataflow: [Int] {
    var known: [ValueID: Int] = [:]
    for (index, input) in inputs.enumerated() { known[input] = index }
    describe(body, &known)
    return outputs.map { described($0, &known) }
  }

  private func describe(_ block: BlockID, _ known: inout [ValueID: Int]) {
    for id in self[block].nodes {
      let node = self[id]
      var hasher = Hasher()
      hasher.combine(node.op.name)
      hasher.combine(node.op.attributes)
      for operand in node.operands { hasher.combine(operand.map { described($0, &known) }) }
      for inner in node.blocks {
        for (index, input) in self[inner].inputs.enumerated() { known[input] = ~index }
        describe(inner, &known)
        for output in self[inner].outputs { hasher.combine(described(output, &known)) }
      }
      for (index, result) in node.results.enumerated() {
        guard let result else { continue }
        var own = hasher
        own.combine(index)
        own.combine(self[result].type)
        known[result] = own.finalize()
      }
    }
  }

  private func described(_ value: ValueID, _ known: inout [ValueID: Int]) -> Int {
    if let description = known[value] { return description }
    var hasher = Hasher()
    hasher.combine(constant(value))
    let description = hasher.finalize()
    known[value] = description
    return description
  }

  /// Numbers from -2 to 2 for each input, the same in every run.
  fileprivate var trialInputs: [Constant] {
    var state: UInt64 = 42
    return inputs.map { value in
      let type = self[value].type
      var bytes: [UInt8] = []
      for _ in 0..<type.count {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let number = Double(state >> 33) / Double(1 << 31) * 4 - 2
        bytes += Bytes.number(number, type.element).array(of: UInt8.self)
      }
      return Constant(type, .dense(Bytes(bytes)))
    }
  }
}

extension Diagnostic {
  fileprivate static func dependent(_ pass: String, _ what: String) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticMessage(
        "order-dependent",
        "pass '\(pass)' leans on the order of nodes that do not depend on each other: in the opposite "
          + "order \(what)"))
  }
}
