import CoppiceIR
import Testing

/// Operands at the edges of what operators are asked: NaN, large numbers, wide windows.
@Suite struct EdgeCaseTests {
  private func evaluate(_ op: any Operator, _ operands: Constant?...) throws -> [Constant] {
    let context = InferenceContext(
      operands: operands.map { $0?.type }, known: operands, resultCount: 2)
    return try Interpreter.evaluate(op: op, context: context)
  }

  private func line(_ values: [Float]) -> Constant {
    Constant(values, .float32, [1, 1, values.count])
  }

  @Test(arguments: [(1, [0, 3, 1, 4, 2]), (0, [2, 4, 1, 0, 3])])
  func selectsEveryElementBesideNaN(_ largest: Int, _ places: [Int]) throws {
    let values: [Float] = [.nan, 3, 1, .nan, 2]
    let results = try evaluate(
      TopK(attributes: ["largest": .int(largest)]), Constant(values, .float32, [5]),
      .indices([5]))
    #expect(results[1].integers == places)
    let wanted = places.map { Double(values[$0]) }
    #expect(zip(results[0].numbers, wanted).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN })
  }

  @Test(arguments: [
    (Constant([Int64(1), 1 << 32, -1, 3], .int64, [4]), -1),
    (Constant([UInt64(1), 1 << 63, .max, 3], .uint64, [4]), -1),
    (Constant([Int8(1), 127, -128, 3], .int8, [4]), 1000),
    (Constant([UInt8(1), 255, 128, 3], .uint8, [4]), -100),
  ])
  func labelsAreClassesOrDoNotCount(_ labels: Constant, _ ignored: Int) throws {
    let scores = Constant((0..<16).map { Float($0) }, .float32, [4, 4])
    let loss = NegativeLogLikelihoodLoss(
      attributes: ["ignore_index": .int(ignored), "reduction": .string("none")])
    #expect(try evaluate(loss, scores, labels)[0].numbers == [-1, 0, 0, -15])
  }

  @Test func selectsWholeNumbersInOrder() throws {
    let x = Constant([Int8(-128), 127, 5, 5, 0], .int8, [5])
    let results = try evaluate(TopK(), x, .indices([5]))
    #expect(results[1].integers == [1, 2, 3, 4, 0])
  }

  @Test(arguments: [Float(1e4), 1e8]) func logarithmsStayExactForLargeScores(_ large: Float) throws
  {
    let x = Constant([large, large, large], .float32, [1, 3])
    let y = try evaluate(LogSoftmax(), x)[0]
    #expect(y.numbers.allSatisfy { abs($0 + 1.0986123) < 1e-6 })
    let loss = try evaluate(SoftmaxCrossEntropyLoss(), x, Constant([Int64(1)], .int64, [1]))
    #expect(loss.allSatisfy { $0.numbers.allSatisfy { abs(abs($0) - 1.0986123) < 1e-6 } })
  }

  @Test(arguments: [(4, 2, [3.0]), (5, 3, [3])])
  func aWideWindowIsOneOutputWhenRoundedUp(
    _ kernel: Int, _ stride: Int, _ wanted: [Double]
  ) throws {
    let attributes: Attributes = [
      "kernel_shape": .ints([kernel]), "strides": .ints([stride]), "ceil_mode": .int(1),
    ]
    #expect(try evaluate(MaxPool(attributes: attributes), line([1, 2, 3]))[0].numbers == wanted)
    #expect(try evaluate(AveragePool(attributes: attributes), line([1, 2, 3]))[0].numbers == [2])
  }

  @Test func aWindowThatNoStepReachesIsRefused() {
    let attributes: Attributes = [
      "kernel_shape": .ints([5]), "strides": .ints([2]), "ceil_mode": .int(1),
    ]
    #expect(throws: DiagnosticMessage.self) {
      try evaluate(MaxPool(attributes: attributes), line([1, 2, 3]))
    }
  }

  @Test func symmetricPositionsAreExact() throws {
    let op = Resize(attributes: [
      "mode": .string("nearest"), "nearest_mode": .string("floor"),
      "coordinate_transformation_mode": .string("half_pixel_symmetric"),
    ])
    let scales = Constant([Float(1), 1, 1.5], .float32, [3])
    let y = try evaluate(op, line([0, 1, 2, 3, 4]), nil, scales)[0]
    #expect(y.numbers == [0, 0, 1, 2, 2, 3, 4])
  }

  @Test func wholeNumbersAreResizedExactly() throws {
    let x = Constant([Int32.max, .max - 129, .max - 999], .int32, [1, 1, 3])
    let scales = Constant([Float(1), 1, 2], .float32, [3])
    let y = try evaluate(Resize(attributes: ["mode": .string("linear")]), x, nil, scales)[0]
    let wanted: [Int] = [2147483647, 2147483615, 2147483550, 2147483300, 2147482866, 2147482648]
    #expect(y.integers == wanted)
  }

  @Test(arguments: [
    ("linear", Int64.max, [0, 0, 0]), ("linear", .min, [0, 0, 0]), ("linear", 1, [0, 7, 8]),
    ("circular", .max, [0, 7, 8]), ("circular", -1, [8, 0, 7]), ("circular", 2, [8, 0, 7]),
  ])
  func scattersFromStartsOfAnySize(_ mode: String, _ start: Int64, _ wanted: [Double]) throws {
    let op = TensorScatter(attributes: ["mode": .string(mode), "axis": .int(1)])
    let cache = Constant([Float(0), 0, 0], .float32, [1, 3, 1])
    let update = Constant([Float(7), 8], .float32, [1, 2, 1])
    let y = try evaluate(op, cache, update, Constant([start], .int64, [1]))[0]
    #expect(y.numbers == wanted)
  }

  @Test func cubicWindowsReachBeyondTheBorderElementByElement() throws {
    let op = GridSample(attributes: [
      "mode": .string("cubic"), "padding_mode": .string("border"), "align_corners": .int(1),
    ])
    let x = Constant([Float(0), 0, 0, 1], .float32, [1, 1, 1, 4])
    let grid = Constant([Float(4) / 3, 0], .float32, [1, 1, 1, 2])
    let y = try evaluate(op, x, grid)[0].numbers[0]
    #expect(abs(y - 1.09375) < 1e-5)
  }

  @Test func softplusOfLargeSumsIsFinite() throws {
    let one = { (shape: [Int]) in Constant([Float(1)], .float32, shape) }
    let op = RNN(attributes: ["activations": .strings(["Softplus"])])
    let y = try evaluate(
      op, Constant([Float(200)], .float32, [1, 1, 1]), one([1, 1, 1]), one([1, 1, 1]))[0]
    #expect(y.numbers == [200])
  }
}
