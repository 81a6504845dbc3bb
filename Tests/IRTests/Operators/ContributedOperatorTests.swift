import CoppiceIR
import Testing

/// Operators of com.microsoft, beside what onnxruntime gives for the same operands.
@Suite struct ContributedOperatorTests {
  private static let x = floats([-1, 0.5, 2], [1, 3])
  private static let bias = floats([0.5, 0, -1], [3])

  private static func floats(_ values: [Float], _ shape: [Int]) -> Constant {
    Constant(values, .float32, shape)
  }

  private func check(
    _ name: String, _ attributes: Attributes = [:], _ operands: [Constant?],
    domain: String = "com.microsoft",
    _ wanted: [Double]...
  ) throws {
    let type = try #require(OperatorRegistry.find(name, domain: domain))
    let context = InferenceContext(
      operands: operands.map { $0?.type }, known: operands, resultCount: wanted.count)
    let results = try Interpreter.evaluate(op: type.init(attributes: attributes), context: context)
    for (result, numbers) in zip(results, wanted) {
      #expect(
        zip(result.numbers, numbers).allSatisfy { abs($0 - $1) < 2e-6 * max(1, abs($1)) }
          && result.type.count == numbers.count, "\(name): \(result.numbers), not \(numbers)")
    }
  }

  @Test func errorUnits() throws {
    try check("Gelu", [:], [Self.x], [-0.15865526, 0.34573123, 1.95449972])
    try check("QuickGelu", [:], [Self.x], [-0.15420422, 0.35038841, 1.93565869])
    try check("FastGelu", [:], [Self.x, Self.bias], [-0.154286, 0.345714, 0.84119201])
    try check("BiasGelu", [:], [Self.x, Self.bias], [-0.15426877, 0.34573123, 0.84134471])
  }

  @Test func normalizedSums() throws {
    let x = Self.floats([-1, 0.5, 2], [1, 1, 3])
    let skip = Self.floats([-2, 1, 4], [1, 1, 3])
    let gamma = Self.floats([1, 2, 3], [3])
    try check(
      "SkipLayerNormalization", ["epsilon": .float(1e-3)],
      [x, skip, gamma, Self.floats([0, 0.5, 1], [3])], [-1.2246995, 0.5, 4.6740985])
    try check(
      "SkipSimplifiedLayerNormalization", ["epsilon": .float(1e-3)], [x, skip, gamma],
      [-0.75590491, 0.75590491, 4.53542948])
  }

  @Test func fusedProducts() throws {
    let b = Self.floats([1, 0, 2, 0.5, 1, 0], [2, 3])
    try check(
      "FusedMatMul", ["transB": .int(1), "alpha": .float(0.5)], [Self.x, b], [1.5, 0])
    try check(
      "FusedGemm",
      ["transB": .int(1), "activation": .string("LeakyRelu"), "activation_alpha": .float(0.25)],
      [Self.x, b, Self.floats([-1, 0.5], [2])], [2, 0.5])
  }

  @Test func packedWeights() throws {
    let a = Self.floats((0..<16).map { Float($0) / 8 }, [1, 16])
    let b = Constant((0..<16).map { UInt8($0 * 16 + 3) }, .uint8, [2, 1, 8])
    try check(
      "MatMulNBits", ["K": .int(16), "N": .int(2), "bits": .int(4), "block_size": .int(16)],
      [a, b, Self.floats([0.5, 0.25], [2]), Constant([UInt8(5), 9], .uint8, [2])],
      [-7.75, -2.875])
  }

  @Test func quantizedProducts() throws {
    let scale = { (value: Float) in Self.floats([value], []) }
    try check(
      "QGemm", ["transB": .int(1)],
      [
        Constant([UInt8(1), 200, 3], .uint8, [1, 3]), scale(0.5), Constant([UInt8(4)], .uint8, []),
        Constant([Int8(1), -2, 3, 4, 5, -6], .int8, [2, 3]), Self.floats([0.25, 0.5], [2]),
        Constant([Int8(0), 0], .int8, [2]), Constant([Int32(10), -20], .int32, [2]), scale(2),
        Constant([UInt8(100)], .uint8, []),
      ], [76, 219])
  }

  @Test(
    arguments: [
      ([Int32(1), 0], 0, [1, 0, 0.5, -1, 1, 0, 0.5, -1]),
      (
        nil, 1,
        [1, 0, 0.5, -1, 0.412520975, 0.587478995, 1.645027876, -0.045809954]
      ),
    ] as [([Int32]?, Int, [Double])])
  func attentionMasksKeys(_ mask: [Int32]?, _ causal: Int, _ wanted: [Double]) throws {
    let x = Self.floats([1, 0, 0.5, -1, 0, 1, 2, 0.25], [1, 2, 4])
    var weights = [Float](repeating: 0, count: 48)
    for row in 0..<4 {
      weights[row * 12 + row] = 0.5
      weights[row * 12 + row + 4] = 1
      weights[row * 12 + row + 8] = 1
    }
    try check(
      "Attention", ["num_heads": .int(2), "unidirectional": .int(causal)],
      [
        x, Self.floats(weights, [4, 12]), .filled(0, .float32, [12]),
        mask.map { Constant($0, .int32, [1, 2]) },
      ], wanted)
  }

  @Test func headsShareKeysAndTheCacheGrows() throws {
    let k = (0..<16).map { Float(-1 + Double($0) * 2 / 15) }
    var q: [Float] = []
    for row in 0..<2 {
      q += k[(8 * row)..<(8 * row + 8)]
      q += k[(8 * row)..<(8 * row + 8)].map { -$0 }
    }
    let past = Constant.filled(1, .float32, [1, 1, 1, 8])
    try check(
      "GroupQueryAttention", ["num_heads": .int(2), "kv_num_heads": .int(1)],
      [
        Self.floats(q, [1, 2, 16]), Self.floats(k, [1, 2, 8]),
        Self.floats(k.map { $0 * 2 }, [1, 2, 8]),
        past, past, Constant([Int32(2)], .int32, [1]), Constant([Int32(3)], .int32, [1]),
      ],
      [
        -1.78810191, -1.54027069, -1.29243946, -1.04460812, -0.79677683, -0.54894555, -0.30111426,
        -0.05328299, 0.78810197, 0.80693734, 0.82577276, 0.84460813, 0.86344349, 0.88227886,
        0.90111423, 0.91994959, 0.46711686, 0.58337164, 0.69962645, 0.81588119, 0.932136,
        1.04839087, 1.16464567, 1.28090048, -1.38792753, -1.14711797, -0.90630841, -0.66549885,
        -0.42468923, -0.18387964, 0.05692999, 0.2977396,
      ], [Double](repeating: 1, count: 8) + k.map(Double.init))
  }

  /// What a form of an operator does not compile says so.
  @Test func otherFormsAreRefused() {
    let x = TensorType(.float32, [1, 2, 4])
    let op = ContribRotaryEmbedding(attributes: ["scale": .float(2)])
    #expect {
      try op.inferTypes(
        InferenceContext(operands: [
          x, TensorType(.int64, [1, 2]), TensorType(.float32, [4, 2]),
          TensorType(.float32, [4, 2]),
        ]))
    } throws: {
      ($0 as? DiagnosticMessage)?.id == "contrib-form"
    }
  }
}
