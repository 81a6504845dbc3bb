extension Interpreter {
  /// Computes an operator whose operands are all known.
  ///
  /// - Parameters:
  ///   - op: The operator; not one with blocks.
  ///   - context: The operands; each that is there must be known.
  /// - Returns: The results, in dense storage unless the operator knew better.
  /// - Throws: `unknown-value`, what inference and lowering throw, and `compiler-fault`.
  public static func evaluate(
    op: any Operator, context: InferenceContext
  ) throws(DiagnosticMessage) -> [Constant] {
    var work = Int.max
    return try evaluate(op: op, context: context, work: &work)
  }

  /// Computes an operator whose operands are all known, if that is not too much work.
  ///
  /// - Parameters:
  ///   - op: The operator; not one with blocks.
  ///   - context: The operands; each that is there must be known.
  ///   - work: Elements that may be written and turns of loops that may be made; what was done is
  ///     taken off.
  /// - Returns: The results, in dense storage unless the operator knew better.
  /// - Throws: `folded-work` when it would be more, `unknown-value`, what inference and lowering throw,
  ///   and `compiler-fault`.
  public static func evaluate(
    op: any Operator, context: InferenceContext, work: inout Int
  ) throws(DiagnosticMessage) -> [Constant] {
    if let folded = op.fold(context) { return folded }
    for (index, type) in context.operands.enumerated() where type != nil {
      guard context.known[index] != nil else {
        throw DiagnosticMessage("unknown-value", "operand \(index) of \(op.name) is not known")
      }
    }
    guard context.blockResults.isEmpty else {
      throw DiagnosticMessage("unknown-value", "\(op.name) has blocks, which are not evaluated")
    }
    let types = try op.inferTypes(context)
    if types.allSatisfy({ $0.count == 0 }) {
      return types.map { Constant($0, .dense(Bytes([UInt8]()))) }
    }
    if let results = sameElements(op, context, types) { return results }
    let elements = (types + context.known.compactMap { $0 }.filter(\.isSpread).map(\.type))
      .reduce(0) { $0.addingReportingOverflow($1.count).partialValue }
    guard 0...work ~= elements else { throw .foldedWork }
    if let results = sameMemory(op, context, types) { return results }
    if let results = try decomposed(op, context, types, &work) { return results }
    work -= elements
    return try lowered(op, context, types, &work)
  }

  /// Results of a uniform operand whose elements only move.
  private static func sameElements(
    _ op: any Operator, _ context: InferenceContext, _ types: [TensorType]
  ) -> [Constant]? {
    guard let first = context.known.first, let operand = first,
      case .uniform = operand.storage, operand.type.element.bits >= 8,
      types.allSatisfy({ $0.element == operand.type.element })
    else { return nil }
    let source = Buffer(id: 0, element: operand.type.element, count: operand.type.count)
    guard let views = op.view(of: TensorView(source, operand.type.shape), context),
      views.count == types.count
    else { return nil }
    return types.map { Constant($0, operand.storage) }
  }

  /// Results that are the operand's bytes under another type.
  private static func sameMemory(
    _ op: any Operator, _ context: InferenceContext, _ types: [TensorType]
  ) -> [Constant]? {
    guard let first = context.known.first, let operand = first, operand.type.element.bits >= 8
    else { return nil }
    let size = operand.type.element.bits / 8
    let source = Buffer(id: 0, element: operand.type.element, count: operand.type.count)
    guard let views = op.view(of: TensorView(source, operand.type.shape), context),
      views.count <= types.count
    else { return nil }
    let dense = operand.dense
    var results: [Constant] = []
    for (view, type) in zip(views, types) {
      let (start, end) = (view.offset * size, (view.offset + view.count) * size)
      guard view.isContiguous, type.element == operand.type.element, start >= 0, end <= dense.count
      else { return nil }
      results.append(Constant(type, .dense(dense.slice(start..<end))))
    }
    return results
  }

  private static func decomposed(
    _ op: any Operator, _ context: InferenceContext, _ types: [TensorType], _ work: inout Int
  ) throws(DiagnosticMessage) -> [Constant]? {
    var graph = Graph(name: "evaluate")
    let operands = context.known.map { known in
      known.map { graph.addConstant($0, name: "operand") }
    }
    let count = max(context.resultCount, 1)
    let node = graph.addNode(
      op, operands, types: types.prefix(count).map { $0 }, name: op.name)
    var builder = DecompositionBuilder(graph: graph, node: node)
    guard try op.decompose(&builder) else { return nil }
    var values: [ValueID: Constant] = [:]
    for id in builder.graph.nodes {
      if id == node { break }
      let part = builder.graph[id]
      var context = builder.graph.inferenceContext(id)
      context.known = part.operands.map { value in
        value.flatMap { values[$0] ?? builder.graph.constant($0) }
      }
      let constants = try evaluate(op: part.op, context: context, work: &work)
      for (result, constant) in zip(part.results, constants) {
        if let result { values[result] = constant }
      }
    }
    var results: [Constant] = []
    for index in types.prefix(count).indices {
      guard let value = builder.replacements[index],
        let constant = values[value] ?? builder.graph.constant(value)
      else {
        guard op is any Expansion else {
          throw .fault("\(op.name) decomposes without result \(index)")
        }
        throw DiagnosticMessage(
          "contrib-form", "result \(index) of \(op.name) is not computed; leave it out")
      }
      results.append(constant)
    }
    return results
  }

  private static func lowered(
    _ op: any Operator, _ context: InferenceContext, _ types: [TensorType], _ work: inout Int
  ) throws(DiagnosticMessage) -> [Constant] {
    let (memories, numbers) = (Memories(), BufferNumbers())
    var operands: [TensorView?] = []
    for constant in context.known {
      guard let constant else {
        operands.append(nil)
        continue
      }
      let buffer = numbers.next(constant.type.element, constant.type.count)
      try memories.borrow(constant.dense, as: buffer)
      operands.append(TensorView(buffer, constant.type.shape))
    }
    let results = types.map { type in
      let buffer = numbers.next(type.element, type.count)
      memories.reserve(buffer)
      return TensorView(buffer, type.shape)
    }
    var tables: [(Buffer, Bytes)] = []
    let builder = LoopBuilder(
      operands: operands, results: results, context: context, constants: context.known,
      addConstant: { bytes, element, count, _, _ in
        let buffer = numbers.next(element, count)
        tables.append((buffer, bytes))
        return buffer
      },
      addScratch: { element, count, _ in
        let buffer = numbers.next(element, count)
        memories.reserve(buffer)
        return buffer
      })
    try op.lower(builder)
    for (buffer, bytes) in tables { try memories.borrow(bytes, as: buffer) }
    memories.turns.pointee = work
    defer { work = max(memories.turns.pointee, 0) }
    try run(builder.statements, memories)
    var constants: [Constant] = []
    for (type, view) in zip(types, results) {
      constants.append(Constant(type, .dense(try memories.bytes(of: view.buffer))))
    }
    return constants
  }
}

extension Constant {
  /// Whether taking the elements densely makes a copy of them.
  fileprivate var isSpread: Bool {
    if case .dense = storage { false } else { true }
  }
}

extension DiagnosticMessage {
  /// More work than was allowed.
  static var foldedWork: DiagnosticMessage {
    DiagnosticMessage("folded-work", "computing it would take more work than is allowed")
  }
}

/// Hands out buffers of one evaluation.
private final class BufferNumbers {
  private var count = 0

  func next(_ element: ElementType, _ elements: Int) -> Buffer {
    defer { count += 1 }
    return Buffer(id: count, element: element, count: elements)
  }
}
