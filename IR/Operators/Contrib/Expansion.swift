/// An operator that stands for others from import on, so that passes see those.
package protocol Expansion: Operator {}

extension Expansion {
  /// The types that the other operators give.
  package func expandedTypes(
    _ context: InferenceContext
  ) throws(DiagnosticMessage) -> [TensorType] {
    try context.types(of: self)
  }
}

extension InferenceContext {
  /// The types that the operators give that one stands for; not compiled for each of them.
  fileprivate func types(of op: any Expansion) throws(DiagnosticMessage) -> [TensorType] {
    let schema = Swift.type(of: op).schema
    var probe = Graph(name: "probe")
    let values = operands.indices.map { index -> ValueID? in
      guard let type = operands[index] else { return nil }
      return known[index].map { probe.addConstant($0, name: "operand") }
        ?? probe.addInput("operand", type)
    }
    let isVariadic = schema.results.last?.arity == .variadic
    let count = isVariadic ? resultCount : min(resultCount, schema.results.count)
    let node = probe.addNode(
      op, values, types: [TensorType?](repeating: TensorType(.bool, []), count: count),
      name: schema.name)
    var builder = DecompositionBuilder(graph: consume probe, node: node)
    guard try op.decompose(&builder) else { throw .fault("\(schema.name) does not decompose") }
    var types: [TensorType] = []
    for index in 0..<count {
      // A result that is not computed has no type of its own; whoever reads it is refused.
      let stand = isVariadic ? nil : builder.replacements[0]
      guard let value = builder.replacements[index] ?? stand else { break }
      types.append(builder.type(value))
    }
    return types
  }
}

extension DecompositionBuilder {
  /// An operand that may be absent.
  func operand(_ index: Int) -> ValueID? { index < operands.count ? operands[index] : nil }

  /// An operand that must be there.
  func required(_ index: Int) throws(DiagnosticMessage) -> ValueID {
    guard let value = operand(index) else {
      throw DiagnosticMessage("missing-operand", "operand \(index) is required but absent")
    }
    return value
  }

  /// A result is wanted by somebody, or may be.
  func wants(_ result: Int) -> Bool {
    result < graph[node].results.count && graph[node].results[result] != nil
  }

  /// A number of an element type, as a scalar.
  mutating func scalar(_ value: Double, _ element: ElementType) -> ValueID {
    constant(.scalar(value, element))
  }

  /// A value under another shape.
  mutating func reshape(_ value: ValueID, _ shape: [Int]) throws(DiagnosticMessage) -> ValueID {
    if type(value).shape == shape { return value }
    return try node(Reshape(), value, constant(.indices(shape)))
  }

  /// A value with its axes in another order.
  mutating func transpose(_ value: ValueID, _ order: [Int]) throws(DiagnosticMessage) -> ValueID {
    if order == Array(order.indices) { return value }
    return try node(Transpose(attributes: ["perm": .ints(order)]), value)
  }

  /// A value in another element type.
  mutating func cast(_ value: ValueID, _ element: ElementType) throws(DiagnosticMessage) -> ValueID
  {
    if type(value).element == element { return value }
    let target = scalar(0, element)
    return try node(CastLike(), value, target)
  }

  /// Parts of a value along an axis.
  mutating func split(
    _ value: ValueID, _ sizes: [Int], axis: Int
  ) throws(DiagnosticMessage) -> [ValueID] {
    try add(
      Split(attributes: ["axis": .int(axis)]), [value, constant(.indices(sizes))],
      results: sizes.count)
  }
}

extension DiagnosticMessage {
  /// A form of a contributed operator that is not compiled.
  static func contrib(_ name: String, _ text: String) -> DiagnosticMessage {
    DiagnosticMessage("contrib-form", "\(name) of com.microsoft: \(text)")
  }
}
