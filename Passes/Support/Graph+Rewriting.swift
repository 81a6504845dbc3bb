internal import CoppiceIR

extension Graph {
  /// Whether readers of a value may read another one of the same type in its place.
  ///
  /// An output of the model keeps its name, so what takes its place must be computed by a node of
  /// the body and be no output yet; a nested body yields only what it computes itself. Nodes of
  /// `branch` will stand where `old` is computed by then.
  func canSubstitute(
    _ old: ValueID, with new: ValueID, movedFrom branch: BlockID? = nil
  ) -> Bool {
    guard self[old].type == self[new].type else { return false }
    return blocksYielding(old).allSatisfy { block in
      guard let node = producer(new) else { return false }
      let place = self[node].parent
      let willMove = place == branch && producer(old).map { self[$0].parent } == block
      return (place == block || willMove) && !yields(block, new)
    }
  }

  /// Makes readers of a value read another one, which takes its name where it is a model's output.
  mutating func substitute(_ old: ValueID, with new: ValueID, by edit: Edit) {
    let isOutput = yields(body, old)
    let name = self[old].name
    replaceUses(of: old, with: new, by: edit)
    if isOutput {
      rename(old, name + "/replaced", by: edit)
      rename(new, name, by: edit)
    }
  }

  /// The types that a new node would have.
  func inferredTypes(
    _ op: any Operator, _ operands: [ValueID?], results: Int = 1
  ) -> [TensorType]? {
    let context = InferenceContext(
      operands: operands.map { $0.map { self[$0].type } }, known: operands.map { constant($0) },
      resultCount: results)
    return try? op.inferTypes(context)
  }

  /// Adds a node with one result before another, with its name and origin.
  ///
  /// - Returns: The result; `nil`, and nothing is added, if the types do not fit.
  mutating func insert(
    _ op: any Operator, _ operands: [ValueID?], before anchor: NodeID, by edit: Edit
  ) -> ValueID? {
    guard let type = inferredTypes(op, operands)?.first else { return nil }
    let id = addNode(
      op, operands, types: [type], like: anchor, before: anchor, by: edit)
    return self[id].result
  }

  /// Gives an operand that is a constant other elements; a constant with other readers is left
  /// alone and a new one made.
  mutating func replaceConstant(
    _ index: Int, of node: NodeID, with constant: Constant, by edit: Edit
  ) {
    if let value = self[node].operand(index), useCount(of: value) == 1 {
      setConstant(value, constant, by: edit)
    } else {
      let name = self[node].operand(index).map { self[$0].name } ?? self[node].name + "/constant"
      setOperand(index, of: node, to: addConstant(constant, name: name, by: edit), by: edit)
    }
  }

  /// The node that computes a value, if nobody but one reader reads it.
  func onlyProducer(_ value: ValueID?) -> NodeID? {
    guard let value, let node = producer(value), useCount(of: value) == 1 else { return nil }
    return node
  }
}

extension Constant {
  /// Makes a float32 or float64 constant.
  init?(numbers: [Double], _ element: ElementType, _ shape: [Int]) {
    switch element {
    case .float32: self.init(numbers.map { Float($0) }, .float32, shape)
    case .float64: self.init(numbers, .float64, shape)
    default: return nil
    }
  }
}
