import CoppiceIR
import Testing

@Suite struct EvaluateTests {
  private func evaluate(_ op: any Operator, _ operands: Constant?...) throws -> [Constant] {
    let context = InferenceContext(operands: operands.map { $0?.type }, known: operands)
    return try Interpreter.evaluate(op: op, context: context)
  }

  @Test func addsWithBroadcasting() throws {
    let a = Constant([Float(1), 2, 3, 4, 5, 6], .float32, [2, 3])
    let b = Constant([Float(10), 20], .float32, [2, 1])
    let sum = try evaluate(Add(), a, b)[0]
    #expect(sum.type.shape == [2, 3])
    #expect(sum.numbers == [11, 12, 13, 24, 25, 26])
  }

  @Test func convolvesWithPadding() throws {
    let x = Constant((1...9).map(Float.init), .float32, [1, 1, 3, 3])
    let w = Constant([Float](repeating: 1, count: 9), .float32, [1, 1, 3, 3])
    let bias = Constant([Float(100)], .float32, [1])
    let y = try evaluate(Conv(attributes: ["pads": .ints([1, 1, 1, 1])]), x, w, bias)[0]
    #expect(y.numbers == [112, 121, 116, 127, 145, 133, 124, 139, 128])
  }

  @Test(arguments: [0, 1, 2])
  func everyStorageOfAWeightGivesTheSame(_ storage: Int) throws {
    let x = Constant((1...8).map(Float.init), .float32, [1, 2, 2, 2])
    let dense = Constant([Float(0), 2, -1, 0, 0, 3], .float32, [3, 2, 1, 1])
    let forms = [dense.asIndexRows(rowAxis: 0), dense.asBitmap(), dense]
    let y = try evaluate(Conv(), x, forms[storage])[0]
    #expect(y.numbers == [10, 12, 14, 16, -1, -2, -3, -4, 15, 18, 21, 24])
  }

  @Test func poolsWholeChannelsByTheirNorm() throws {
    let x = Constant([Float(3), -4, 0, 0, 1, 2, 2, 4], .float32, [1, 2, 2, 2])
    let y = try evaluate(GlobalLpPool(attributes: ["p": .int(2)]), x)[0]
    #expect(y.type.shape == [1, 2, 1, 1] && y.numbers == [5, 5])
  }

  @Test func transposesWholeNumbers() throws {
    let x = Constant([Int64(1), 2, 3, 4, 5, 6], .int64, [2, 3])
    #expect(try evaluate(Transpose(), x)[0].integers == [1, 4, 2, 5, 3, 6])
  }

  @Test func reshapesWithoutCopying() throws {
    let x = Constant(TensorType(.float32, [4]), .uniform(Bytes([Float(7)])))
    let y = try evaluate(Reshape(), x, .indices([2, -1]))[0]
    #expect(y.type.shape == [2, 2] && y.numbers == [7, 7, 7, 7])
  }

  @Test func anUnknownOperandIsRefused() throws {
    let context = InferenceContext(operands: [TensorType(.float32, [1])])
    let error = try #require(throws: DiagnosticMessage.self) {
      try Interpreter.evaluate(op: Relu(), context: context)
    }
    #expect(error.id == "unknown-value")
  }
}
