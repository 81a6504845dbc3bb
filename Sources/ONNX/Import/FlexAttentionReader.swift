import COnnx
import CoppiceIR

/// Reads FlexAttention as the nodes that it stands for.
struct FlexAttentionReader {
  let draft: GraphDraft
  let folder: ValueFolder
  let blocks: BlockReader
  let log: ImportLog

  private var graph: Graph { draft.graph }

  /// Reads FlexAttention as products, Softmax and the bodies that change scores and weights.
  ///
  /// - Returns: Whether the node is one.
  func read(
    _ call: ForeignCall, _ scope: Scope, _ frame: Frame
  ) throws(DiagnosticMessage) -> Bool {
    guard Self.reads(call) else { return false }
    let operands = call.operands.compactMap { $0 }
    guard operands.count == 3, call.operands.count == 3, call.outputs.count == 1 else {
      throw DiagnosticMessage("attention-shape", "FlexAttention takes Q, K and V")
    }
    let shapes = operands.map { graph[$0].type.shape }
    let elements = operands.map { graph[$0].type.element }
    guard shapes.allSatisfy({ $0.count == 4 }), shapes[0][3] > 0, shapes[1][1] > 0,
      shapes[0][1] % shapes[1][1] == 0, elements.allSatisfy({ $0.isFloat })
    else {
      throw DiagnosticMessage(
        "attention-shape", "Q, K and V must have four axes, and as many or fewer heads in K and V",
        notes: zip(shapes, elements).map { "\(TensorType($1, $0))" })
    }
    let chain = NodeChain(draft: draft, folder: folder, call: call, frame: frame)
    let wanted = call.attributes["softmax_precision"].map { Int($0.pointee.i) }
    let fallback = ElementType.float64 == elements[0] ? ElementType.float64 : .float32
    guard let precision = wanted.map({ ElementType(onnx: $0) }) ?? fallback else {
      throw DiagnosticMessage("element-type", "softmax_precision is not known")
    }
    let repeats = shapes[0][1] / shapes[1][1]
    let keys = try chain.repeated(operands[1], repeats)
    let values = try chain.repeated(operands[2], repeats)
    let turned = try chain.node(Transpose(attributes: ["perm": .ints([0, 1, 3, 2])]), [keys])
    var scores = try chain.cast(try chain.node(MatMul(), [operands[0], turned]), precision)
    let scale = call.attributes["scale"]?.pointee.f ?? 1 / Float(shapes[0][3]).squareRoot()
    scores = try chain.node(Mul(), [scores, chain.scalar(Double(scale), precision)])
    scores = try changed(scores, by: "score_mod", call, scope, frame)
    var weights = try chain.node(Softmax(attributes: ["axis": .int(-1)]), [scores])
    weights = try changed(weights, by: "prob_mod", call, scope, frame)
    weights = try chain.cast(weights, elements[2])
    let result = try chain.node(
      MatMul(), [weights, values], name: call.outputs[0].isEmpty ? nil : call.outputs[0])
    scope.defineResults(call, [result], log)
    return true
  }

  static func reads(_ call: ForeignCall) -> Bool {
    call.domain == "ai.onnx.preview" && call.type == "FlexAttention"
  }

  /// A value as a body among the attributes changes it.
  private func changed(
    _ value: ValueID, by name: String, _ call: ForeignCall, _ scope: Scope, _ frame: Frame
  ) throws(DiagnosticMessage) -> ValueID {
    guard let body = call.attributes[name]?.pointee.g else { return value }
    let results = try blocks.inlined(body, [value], call, scope, frame)
    guard results.count == 1, graph[results[0]].type == graph[value].type else {
      throw DiagnosticMessage(
        "attention-body", "\(name) must give what it takes, in shape and type")
    }
    return results[0]
  }
}
