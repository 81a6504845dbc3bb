public import CoppiceIR
public import CoppicePassManager

/// Computes what is known at compile time.
///
/// ```
///   %a = constant [1.0, 2.0] : f32[2]
///   %b = constant [3.0, 4.0] : f32[2]
///   %c = Add(%a, %b) : f32[2]
///   %y = Mul(%x, %c) : f32[2]
/// ```
/// becomes
/// ```
///   %c = constant [4.0, 6.0] : f32[2]
///   %y = Mul(%x, %c) : f32[2]
/// ```
///
/// The interpreter computes; it does what the generated code would do. Shapes of values that are not
/// known themselves fold too, and an If whose condition is known gives way to its branch. Results with
/// equal elements stay uniform. A result may be `limit` bytes larger than the operands that go, so that
/// an Expand does not fill the flash; constants narrower than what they are cast to stay if they are
/// more than a few, because kernels read them as they are. Weights that are dequantized always fold, because
/// they would take the same memory in RAM. What would take more work than `--limit folded-work` leaves
/// stays, with a warning. Random operators, nodes with other bodies
/// and outputs of the model stay.
///
/// - Complexity: that of the computation.
public struct FoldConstants: Pass {
  /// What the pass says about itself.
  public static let info = PassInfo(
    name: "fold-constants", summary: "Compute what is known at compile time",
    options: [
      PassOption(
        "limit", .integer(0...(1 << 40)), default: "16384",
        "Bytes that a result may be larger than its operands")
    ],
    statistics: ["nodes", "branches"],
    example: "fix(fold-constants{limit=65536},remove-dead)")

  private let limit: Int

  /// Makes the pass.
  ///
  /// - Parameter options: `limit`.
  /// - Throws: Nothing that the check of the options lets through.
  public init(options: PassOptions) throws { limit = try options.integer("limit") }

  /// Walks once in order, so that results feed later nodes.
  ///
  /// - Parameters:
  ///   - graph: The graph.
  ///   - context: Permission and statistics.
  public func run(on graph: inout Graph, _ context: inout PassContext) {
    for id in graph.allNodes where graph.contains(id) {
      if graph[id].op is If {
        if graph.takeBranch(id, &context) { context.count("branches") }
      } else if let results = graph.folded(id, limit: limit, &context),
        let edit = context.edit(graph[id])
      {
        for case (let old?, let constant) in zip(graph[id].results, results) {
          let name = graph[old].name
          graph.rename(old, name + "/folded", by: edit)
          let new = graph.addConstant(constant, name: name, by: edit)
          graph.replaceUses(of: old, with: new, by: edit)
        }
        graph.removeNode(id, by: edit)
        context.count("nodes")
      }
    }
  }
}

extension Operator {
  /// Whether the operator only says in which type kernels compute with the elements of a constant.
  fileprivate func widens(_ known: [Constant]) -> Bool {
    guard self is Cast, let type = known.first?.type else { return false }
    return !type.element.isNative
  }
}

extension Graph {
  /// Bytes that a constant may grow by where it is cast.
  private static let widenedBytes = 256

  /// The results of a node, if they are known and small enough.
  fileprivate func folded(
    _ id: NodeID, limit: Int, _ context: inout PassContext
  ) -> [Constant]? {
    let node = self[id]
    let types = node.results.compactMap { $0.map { self[$0].type } }
    guard node.blocks.isEmpty, !node.op.isDrawn, !(node.op is Fused), !types.isEmpty,
      node.results.allSatisfy({ $0.map { !isYielded($0) } ?? true })
    else { return nil }
    let inference = inferenceContext(id)
    let known = inference.known.compactMap { $0 }
    if let results = node.op.fold(inference).flatMap({ checked($0, types, node) }) {
      return results
    }
    if known.count < inference.operands.compactMap({ $0 }).count { return nil }
    if let results = uniformResult(node, inference, types) { return results }
    let (before, after) = (
      known.map(\.storedBytes).reduce(0, +), types.map(\.byteCount).reduce(0, +)
    )
    let room = node.op.widens(known) ? min(limit, Self.widenedBytes) : limit
    guard after <= before + room || node.op is DequantizeLinear else { return nil }
    if let order = node.op as? Transpose, let data = known.first {
      return data.permuted(order.order(rank: data.type.rank)).map { [$0] }
    }
    do {
      let results = try Interpreter.evaluate(
        op: node.op, context: inference, work: &context.foldedWork)
      return checked(results.map(\.uniformIfEqual), types, node)
    } catch {
      if error.id == "folded-work" { context.warnOfFoldedWork(node, at: location(id)) }
      return nil
    }
  }

  /// An element-wise operator on uniform operands is computed once.
  private func uniformResult(
    _ node: Node, _ context: InferenceContext, _ types: [TensorType]
  ) -> [Constant]? {
    guard node.op is any Elementwise, let type = types.first, types.count == 1, type.count > 1
    else {
      return nil
    }
    var single = context
    for (index, constant) in context.known.enumerated() {
      guard let constant else { continue }
      guard let one = constant.single else { return nil }
      single.known[index] = one
      single.operands[index] = one.type
    }
    guard let result = try? Interpreter.evaluate(op: node.op, context: single).first,
      result.type.count == 1, result.type.element == type.element
    else { return nil }
    return [Constant(type, .uniform(result.dense))]
  }

  private func checked(
    _ results: [Constant], _ types: [TensorType], _ node: Node
  ) -> [Constant]? {
    let present = zip(node.results, results).filter { $0.0 != nil }.map(\.1.type)
    guard results.count >= node.results.count,
      zip(present, types).allSatisfy({ $0.element == $1.element && $0.shape == $1.shape })
    else { return nil }
    return results
  }

  private func isYielded(_ value: ValueID) -> Bool {
    guard let id = producer(value) else { return true }
    return yields(self[id].parent, value)
  }

  /// Puts the nodes of the branch that is taken in the place of an If.
  fileprivate mutating func takeBranch(_ id: NodeID, _ context: inout PassContext) -> Bool {
    let node = self[id]
    guard node.blocks.count == 2, let condition = constant(node.operand(0))?.onlyNumber else {
      return false
    }
    let branch = node.blocks[condition != 0 ? 0 : 1]
    let yielded = self[branch].outputs
    let pairs = zip(node.results, yielded).compactMap { old, new in old.map { ($0, new) } }
    let fits = pairs.allSatisfy { canSubstitute($0.0, with: $0.1, movedFrom: branch) }
    guard yielded.count >= node.results.count, fits, let edit = context.edit(node) else {
      return false
    }
    move(Array(self[branch].nodes), to: node.parent, before: id, by: edit)
    setOutputs([], of: branch, by: edit)
    for (old, new) in pairs { substitute(old, with: new, by: edit) }
    removeNode(id, by: edit)
    return true
  }
}

extension PassContext {
  /// Says once that something stays because computing it would take too much.
  fileprivate mutating func warnOfFoldedWork(_ node: Node, at location: Location) {
    guard !diagnostics.contains(where: { $0.message.id == "folded-work" }) else { return }
    warn(
      DiagnosticMessage(
        "folded-work",
        "the result of \(node.op.name) is known, but computing it now would take more work than is "
          + "left for folding; it is computed when the code runs, or --limit folded-work=N allows more"
      ),
      at: location)
  }
}

extension Constant {
  /// The bytes that the storage takes, without tables.
  fileprivate var storedBytes: Int {
    if case .uniform(let one) = storage { return one.count }
    return type.byteCount
  }

  /// One element of a constant whose storage says that all are equal.
  fileprivate var single: Constant? {
    if type.count == 1 { return reshaped([1]) }
    guard case .uniform = storage else { return nil }
    return Constant(TensorType(type.element, [1]), storage)
  }

  /// The constant in uniform storage where all of many elements are equal.
  fileprivate var uniformIfEqual: Constant {
    guard type.count > 16, type.element.bits >= 8, onlyNumber != nil else { return self }
    return Constant(type, .uniform(dense.slice(0..<(type.element.bits / 8))))
  }
}
