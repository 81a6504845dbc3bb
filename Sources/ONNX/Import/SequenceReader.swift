import COnnx
import CoppiceIR

/// What a name of a sequence or an optional stands for while a model is read; nothing of it is left in the graph.
indirect enum SequenceBinding {
  case sequence([ValueID])
  /// An optional without an element.
  case nothing
}

/// Resolves operators of sequences and optionals.
struct SequenceReader {
  let draft: GraphDraft
  let folder: ValueFolder
  let blocks: BlockReader
  let turns: LoopBudget
  let log: ImportLog

  private static let sequenceOperators: Set<String> = [
    "ConcatFromSequence", "Optional", "OptionalGetElement", "OptionalHasElement", "SequenceAt",
    "SequenceConstruct", "SequenceEmpty", "SequenceErase", "SequenceInsert", "SequenceLength",
    "SequenceMap", "SplitToSequence",
  ]

  /// Whether a node works on sequences or optionals.
  func reads(_ call: ForeignCall, _ scope: Scope) -> Bool {
    guard call.domain.isEmpty else { return false }
    if Self.sequenceOperators.contains(call.type) { return true }
    guard call.type == "Identity",
      let name = texts(call.proto.pointee.input, call.proto.pointee.n_input).first
    else { return false }
    if case .collection? = scope.find(name) { return true }
    return false
  }

  /// Resolves an operator of sequences or optionals, whose lengths are known.
  ///
  /// - Returns: Whether all operands could be read.
  func read(
    _ call: ForeignCall, _ scope: Scope, _ frame: Frame
  ) throws(DiagnosticMessage) {
    let operands = try sequenceOperands(call, scope)
    let chain = NodeChain(draft: draft, folder: folder, call: call, frame: frame)
    let reading = SequenceReading(chain: chain, operands: operands, name: call.outputs.first)
    if call.type == "SequenceMap" {
      return try readSequenceMap(call, operands, scope, frame)
    }
    guard let result = try reading.result(call.type) else {
      throw DiagnosticMessage("sequence-operator", "\(call.type) cannot be resolved")
    }
    guard let name = call.outputs.first, !name.isEmpty else { return }
    switch result {
    case .value(let value): scope.defineResults(call, [value], log)
    default: scope.names[name] = result
    }
  }

  private func sequenceOperands(
    _ call: ForeignCall, _ scope: Scope
  ) throws(DiagnosticMessage) -> [Binding] {
    var operands: [Binding] = []
    for name in texts(call.proto.pointee.input, call.proto.pointee.n_input) {
      switch name.isEmpty ? .absent : scope.find(name) {
      case .poisoned?, nil:
        throw DiagnosticMessage("missing-input", "'\(name)', which is read here, could not be read")
      case let binding?: operands.append(binding)
      }
    }
    return operands
  }

  /// The body once for each element.
  private func readSequenceMap(
    _ call: ForeignCall, _ operands: [Binding], _ scope: Scope, _ frame: Frame
  ) throws(DiagnosticMessage) {
    guard let body = call.attributes["body"]?.pointee.g,
      case .collection(.sequence(let first))? = operands.first
    else { throw DiagnosticMessage("loop-body", "SequenceMap takes a sequence and a body") }
    var collected = [[ValueID]](repeating: [], count: call.outputs.count)
    for place in first.indices {
      guard turns.takeTurn() else {
        throw DiagnosticMessage(
          "loop-length", "SequenceMap has more than \(UnrolledCounts.limit) turns")
      }
      var inputs: [ValueID] = []
      for operand in operands {
        switch operand {
        case .value(let value): inputs.append(value)
        case .collection(.sequence(let values)) where values.indices.contains(place):
          inputs.append(values[place])
        default: throw DiagnosticMessage("sequence-length", "the sequences have different lengths")
        }
      }
      let results = try blocks.inlined(body, inputs, call, scope, frame)
      for (index, value) in results.prefix(collected.count).enumerated() {
        collected[index].append(value)
      }
    }
    for (name, values) in zip(call.outputs, collected) where !name.isEmpty {
      scope.names[name] = .collection(.sequence(values))
    }
  }
}

/// The operands of an operator of sequences or optionals.
private struct SequenceReading {
  let chain: NodeChain
  let operands: [Binding]
  /// The name that the result is to have.
  let name: String?

  private var graph: Graph { chain.draft.graph }

  private func sequence(_ index: Int) throws(DiagnosticMessage) -> [ValueID] {
    guard operands.indices.contains(index),
      case .collection(.sequence(let values)) = operands[index]
    else { throw DiagnosticMessage("sequence-operator", "operand \(index) is no sequence") }
    return values
  }

  private func value(_ index: Int) throws(DiagnosticMessage) -> ValueID {
    guard operands.indices.contains(index), case .value(let value) = operands[index] else {
      throw DiagnosticMessage("sequence-operator", "operand \(index) is no tensor")
    }
    return value
  }

  private func given(_ index: Int) -> Bool {
    if operands.indices.contains(index), case .value = operands[index] { return true }
    return false
  }

  /// A place in a sequence that must be known.
  private func place(_ index: Int, count: Int, last: Int) throws(DiagnosticMessage) -> Int {
    guard given(index) else { return last }
    guard let number = graph.constant(try value(index))?.integers?.first else {
      throw DiagnosticMessage(
        "unknown-value",
        "the place in the sequence (operand \(index)) must be known at compile time")
    }
    let place = number < 0 ? number + count : number
    guard 0...last ~= place else {
      throw DiagnosticMessage(
        "index-range", "place \(number) lies outside of a sequence of \(count)")
    }
    return place
  }

  func result(_ type: String) throws(DiagnosticMessage) -> Binding? {
    switch type {
    case "SequenceEmpty": return .collection(.sequence([]))
    case "SequenceConstruct":
      var values: [ValueID] = []
      for index in operands.indices { values.append(try value(index)) }
      return .collection(.sequence(values))
    case "SequenceInsert":
      var values = try sequence(0)
      let place = try place(2, count: values.count, last: values.count)
      values.insert(try value(1), at: place)
      return .collection(.sequence(values))
    case "SequenceErase":
      var values = try sequence(0)
      values.remove(at: try place(1, count: values.count, last: values.count - 1))
      return .collection(.sequence(values))
    case "SequenceAt":
      let values = try sequence(0)
      let chosen = values[try place(1, count: values.count, last: values.count - 1)]
      return .value(try chain.node(Identity(), [chosen], name: name))
    case "SequenceLength":
      return .value(chain.constant(Constant([Int64(try sequence(0).count)], .int64, [])))
    case "ConcatFromSequence": return .value(try joined())
    case "SplitToSequence": return .collection(.sequence(try split()))
    case "Optional", "Identity":
      return operands.first ?? .collection(.nothing)
    case "OptionalHasElement": return .value(chain.constant(.scalar(hasElement ? 1 : 0, .bool)))
    case "OptionalGetElement":
      guard hasElement, let operand = operands.first else {
        throw DiagnosticMessage("optional-empty", "the optional has no element")
      }
      guard case .value(let value) = operand else { return operand }
      return .value(try chain.node(Identity(), [value], name: name))
    default: return nil
    }
  }

  private var hasElement: Bool {
    switch operands.first {
    case nil, .absent?, .collection(.nothing)?: false
    default: true
    }
  }

  private func integer(_ name: String, _ fallback: Int) -> Int {
    chain.call.attributes[name].map { Int(clamping: $0.pointee.i) } ?? fallback
  }

  private func joined() throws(DiagnosticMessage) -> ValueID {
    var values = try sequence(0)
    let axis = integer("axis", 0)
    if integer("new_axis", 0) != 0 {
      for index in values.indices {
        values[index] = try chain.node(
          Unsqueeze(), [values[index], chain.constant(.indices([axis]))])
      }
    }
    return try chain.node(Concat(attributes: ["axis": .int(axis)]), values, name: name)
  }

  private func split() throws(DiagnosticMessage) -> [ValueID] {
    let x = try value(0)
    let type = graph[x].type
    let axis = try existingAxis(integer("axis", 0), type)
    let sizes = try sizes(type.shape[axis])
    var (parts, start): ([ValueID], Int) = ([], 0)
    for size in sizes {
      let bounds = [start, start + size, axis].map { chain.constant(.indices([$0])) }
      var part = try chain.node(Slice(), [x] + bounds)
      if !given(1), integer("keepdims", 1) == 0 {
        part = try chain.node(Squeeze(), [part, chain.constant(.indices([axis]))])
      }
      parts.append(part)
      start += size
    }
    return parts
  }

  private func sizes(_ extent: Int) throws(DiagnosticMessage) -> [Int] {
    guard extent <= UnrolledCounts.limit else {
      throw DiagnosticMessage("sequence-length", "an axis of \(extent) makes too many parts")
    }
    guard given(1) else { return [Int](repeating: 1, count: extent) }
    let operand = try value(1)
    guard let sizes = graph.constant(operand)?.integers else {
      throw DiagnosticMessage(
        "unknown-value", "the split (operand 1) must be known at compile time")
    }
    guard graph[operand].type.rank == 0, let size = sizes.first else {
      guard sizes.allSatisfy({ 0...extent ~= $0 }), sizes.reduce(0, +) == extent else {
        throw DiagnosticMessage("split-sizes", "\(sizes) does not divide an axis of \(extent)")
      }
      return sizes
    }
    guard size > 0 else {
      throw DiagnosticMessage("split-sizes", "parts of \(size) are not possible")
    }
    return stride(from: 0, to: extent, by: size).map { min(size, extent - $0) }
  }
}
