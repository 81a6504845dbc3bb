import CoppiceIR

/// Computes what follows from constants and static shapes.
final class ValueFolder {
  /// What is left of the work that folding may take.
  var work: Int
  private static let largestWhole = 1024
  private static let largestReal = 16
  private static let largestOperand = 1 << 16

  init(work: Int) { self.work = work }

  /// The results of a node where they follow from constants and static shapes and are small.
  ///
  /// Shape arithmetic ends in operands, such as Reshape's target, that type inference must know.
  func fold(
    _ op: any Operator, _ operands: [ValueID?], _ context: InferenceContext, _ types: [TensorType?]
  ) -> [Constant]? {
    let named = types.compactMap { $0 }
    // What a weight stands for is left to the passes that know integers.
    guard !named.isEmpty, named.allSatisfy(isSmall), !operands.isEmpty, !(op is DequantizeLinear)
    else { return nil }
    guard let folded = op.fold(context) ?? evaluate(op, context) else { return nil }
    guard folded.count >= types.count else { return nil }
    for (constant, type) in zip(folded, types) {
      if let type, constant.type.shape != type.shape || constant.type.element != type.element {
        return nil
      }
    }
    return Array(folded.prefix(types.count))
  }

  private func isSmall(_ type: TensorType) -> Bool {
    if type.element.isInteger || type.element == .bool { return type.count <= Self.largestWhole }
    return type.element.isComputable && type.count <= Self.largestReal
  }

  private func evaluate(_ op: any Operator, _ context: InferenceContext) -> [Constant]? {
    let (types, known) = (context.operands, context.known)
    guard types.contains(where: { $0 != nil }),
      zip(types, known).allSatisfy({ $0 == nil || $1 != nil }),
      types.allSatisfy({ ($0?.count ?? 0) <= Self.largestOperand })
    else { return nil }
    return try? Interpreter.evaluate(op: op, context: context, work: &work)
  }
}
