internal import CoppiceIR
internal import CoppicePassManager

/// A value as a function of one tensor of 8-bit integers.
private struct ByteFunction {
  /// The integers; `nil` for a constant.
  var source: ValueID?
  /// What the value is for each byte, or the only one.
  var elements: Constant
}

extension Graph {
  /// Everything between DequantizeLinear and QuantizeLinear as one table, where each element depends
  /// on one element alone.
  ///
  /// - Returns: What is to stand for the quantized tensor; `nil` if it is no such function.
  mutating func foldTable(
    _ quantizer: NodeID, _ target: QuantizedTensor, by edit: Edit
  ) -> ValueID? {
    guard let x = self[quantizer].operand(0) else { return nil }
    var known: [ValueID: ByteFunction?] = [:]
    guard let function = byteFunction(x, &known), let source = function.source,
      self[source].type.shape == self[target.value].type.shape
    else { return nil }
    let element = self[source].type.element
    let table = Constant.byteTable(of: element, target.grid.element) { integer in
      Double(target.grid.quantized(Float(function.elements.number(at: integer & 255))))
    }
    let isIdentity = (0..<256).allSatisfy { table.number(at: $0) == bits($0, element) }
    if isIdentity, element == target.grid.element {
      return canSubstitute(target.value, with: source) ? source : nil
    }
    let head = producer(x) ?? quantizer
    let operand = addConstant(table, name: self[head].name + "/table", by: edit)
    return add(
      Lookup(), [source, operand], like: head, before: quantizer, of: self[target.value].type,
      by: edit)
  }

  private func bits(_ index: Int, _ element: ElementType) -> Double {
    Double(element == .int8 ? Int(Int8(truncatingIfNeeded: index)) : index)
  }

  /// The value for each byte of the only tensor that it depends on, element by element.
  private func byteFunction(
    _ value: ValueID, _ known: inout [ValueID: ByteFunction?]
  ) -> ByteFunction? {
    if let found = known[value] { return found }
    guard known.count < 64 else { return nil }
    known[value] = .some(nil)
    let function = newByteFunction(value, &known)
    known[value] = .some(function)
    return function
  }

  private func newByteFunction(
    _ value: ValueID, _ known: inout [ValueID: ByteFunction?]
  ) -> ByteFunction? {
    if let constant = constant(value) {
      return constant.type.count == 1 ? ByteFunction(source: nil, elements: constant) : nil
    }
    if let tensor = dequantized(value), constant(tensor.value) == nil {
      return behindTables(tensor)
    }
    guard let id = producer(value), self[id].op is any Elementwise, self[id].blocks.isEmpty,
      self[id].results.count == 1
    else { return nil }
    var source: ValueID?
    var operands: [Constant?] = []
    for operand in self[id].operands {
      guard let operand else {
        operands.append(nil)
        continue
      }
      guard let part = byteFunction(operand, &known) else { return nil }
      if let own = part.source {
        guard source == nil || source == own else { return nil }
        source = own
      }
      operands.append(part.elements.reshaped([part.elements.type.count]))
    }
    let context = InferenceContext(operands: operands.map { $0?.type }, known: operands)
    guard source != nil,
      let elements = try? Interpreter.evaluate(op: self[id].op, context: context).first,
      elements.type.count == 256
    else { return nil }
    return ByteFunction(source: source, elements: elements)
  }

  /// What a tensor stands for, as a function of what its integers were looked up by.
  private func behindTables(_ tensor: QuantizedTensor) -> ByteFunction? {
    var source = tensor.value
    var element = tensor.grid.element
    var integers = (0..<256).map { Int(bits($0, element)) }
    while let id = producer(source), self[id].op is Lookup, let inner = self[id].operand(0),
      let table = constant(self[id].operand(1))?.integers
    {
      integers = table.map { integers[$0 & 255] }
      (source, element) = (inner, self[inner].type.element)
    }
    let reals = integers.map { tensor.grid.real($0) }
    return ByteFunction(source: source, elements: Constant(reals, .float32, [256]))
  }
}
