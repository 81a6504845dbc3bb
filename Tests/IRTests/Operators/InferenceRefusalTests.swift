import CoppiceIR
import Testing

/// What the text form and the importer rule out before, but a library user's graph can hold.
@Suite struct InferenceRefusalTests {
  private static let vector = TensorType(.float32, [4])
  private static let query = TensorType(.float32, [1, 2, 3, 4])
  private static let flag = TensorType(.bool, [1])

  static let cases: [(any Operator, InferenceContext, String)] = [
    (
      Attention(attributes: ["left_window_size": .int(-2)]),
      InferenceContext(operands: [query, query, query]), "attention-window"
    ),
    (Fused(), InferenceContext(operands: [vector]), "fused-block"),
    (
      LpNormalization(attributes: ["p": .int(3)]), InferenceContext(operands: [vector]),
      "norm-order"
    ),
    (
      BitShift(attributes: ["direction": .string("UP")]),
      InferenceContext(operands: [TensorType(.uint8, [4]), TensorType(.uint8, [4])]),
      "shift-direction"
    ),
    (
      If(), InferenceContext(operands: [vector], blockResults: [[vector], [vector]]),
      "if-condition"
    ),
    (If(), InferenceContext(operands: [flag], blockResults: [[vector], []]), "if-blocks"),
    (
      Lookup(),
      InferenceContext(operands: [TensorType(.uint8, [4]), TensorType(.uint8, [255])]),
      "lookup-table"
    ),
    (
      ConstantOfShape(attributes: ["value": .tensor(Constant([1, 2] as [Float], .float32, [2]))]),
      InferenceContext(
        operands: [TensorType(.int64, [1])], known: [Constant([4] as [Int64], .int64, [1])]),
      "constant-value"
    ),
  ]

  @Test(arguments: cases.indices) func isRefused(_ index: Int) {
    let (op, context, id) = Self.cases[index]
    let error = #expect(throws: DiagnosticMessage.self) { try op.inferTypes(context) }
    #expect(error?.id == id)
  }

  @Test func aKernelNeedsAPlaceForWhatItWrites() {
    let builder = LoopBuilder(
      operands: [], results: [nil], context: InferenceContext(operands: []), constants: [],
      addConstant: { _, element, count, _, _ in Buffer(id: 0, element: element, count: count) },
      addScratch: { element, count, _ in Buffer(id: 1, element: element, count: count) })
    let error = #expect(throws: DiagnosticMessage.self) { try builder.result(0) }
    #expect(error?.id == "missing-result")
  }
}
