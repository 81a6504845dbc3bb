import CoppiceIR
import Testing

/// A quantized operator, what onnxruntime gives for it, and how far `fast` may be from that.
struct QuantizedCase: CustomTestStringConvertible, Sendable {
  let op: any Operator
  let operands: [Constant?]
  let wanted: [Int]
  var shape: [Int]?
  var hasFast = true

  var testDescription: String { "\(op.name) \(op.attributes.names)" }

  static let a = numbers(37, 251, 125)
  static let b = numbers(53, 249, 120)

  private static func numbers(_ step: Int, _ limit: Int, _ start: Int) -> Constant {
    let integers = (0..<24).map { Int8(truncatingIfNeeded: $0 * step % limit - start) }
    return Constant(integers, .int8, [1, 2, 3, 4])
  }

  static func grid(_ scale: Float, _ zeroPoint: Int) -> [Constant] {
    [Constant([scale], .float32, []), Constant([Int8(zeroPoint)], .int8, [])]
  }

  static func add(_ attributes: Attributes = [:], wanted: [Int] = []) -> QuantizedCase {
    QuantizedCase(
      op: QLinearAdd(attributes: attributes),
      operands: [a] + grid(0.03, 4) + [b] + grid(0.05, -7) + grid(0.07, 3), wanted: wanted)
  }

  static let weight = Constant(
    (0..<36).map { Int8(truncatingIfNeeded: $0 * 29 % 255 - 127) }, .int8, [2, 2, 3, 3])

  static let all: [QuantizedCase] = [
    add(wanted: [
      -128, -79, -26, 28, 82, -42, 11, -42, 11, 65, -59, -5, 48, 102, 48, -76, -22, 31, 85, -39, 15,
      -39, 15, 68,
    ]),
    QuantizedCase(
      op: QLinearMul(),
      operands: [a] + grid(0.03, 4) + [Constant([Int8(-120), 28], .int8, [1, 2, 1, 1])]
        + grid(0.05, -7) + grid(0.09, 3),
      wanted: [
        127, 127, 107, 37, -33, -102, -128, 127, 127, 92, 22, -48, 40, 62, -63, -41, -20, 2, 23, 45,
        67, -58, -37, -15,
      ]),
    QuantizedCase(
      op: QLinearAveragePool(attributes: [
        "kernel_shape": .ints([2, 3]), "pads": .ints([1, 1, 0, 1]),
      ]), operands: [a] + grid(0.03, 4) + grid(0.019, -3),
      wanted: [
        -128, -128, -90, -61, -61, -31, -39, -43, -25, 4, -4, -7, 127, 24, -49, -128, 46, 9,
        1, -35, -18, -21, -29, 0,
      ]),
    QuantizedCase(
      op: QLinearAveragePool(attributes: [
        "kernel_shape": .ints([3, 3]), "pads": .ints([1, 1, 1, 1]), "strides": .ints([2, 2]),
        "count_include_pad": .int(1),
      ]), operands: [a] + grid(0.03, 4) + grid(0.02, -3),
      wanted: [-27, -26, -12, -3, 18, 0, -9, -20], shape: [1, 2, 2, 2]),
    QuantizedCase(
      op: QLinearGlobalAveragePool(), operands: [a] + grid(0.03, 4) + grid(0.011, -3),
      wanted: [-85, -15], shape: [1, 2, 1, 1]),
    QuantizedCase(
      op: QLinearConcat(attributes: ["axis": .int(1)]),
      operands: grid(0.04, 2) + [a] + grid(0.03, 4) + [b] + grid(0.04, 2),
      wanted: [
        -95, -67, -39, -11, 16, 44, 72, -89, -61, -33, -5, 22, 50, 78, -83, -55, -27, 0, 28, 56, 84,
        -77, -49, -21, -120, -67, -14, 39, 92, -104, -51, 2, 55, 108, -88, -35, 18, 71, 124, -72,
        -19, 34, 87, -109, -56, -3, 50, 103,
      ], shape: [1, 4, 3, 4], hasFast: false),
    QuantizedCase(
      op: QLinearSoftmax(), operands: [a] + grid(0.03, 4) + grid(1 / 256, -128),
      wanted: [
        -122, -109, -71, 46, -109, -69, 50, -128, -122, -109, -71, 46, -65, 64, -128, -127, -122,
        -109, -71, 46, 123, -128, -127, -124,
      ], hasFast: false),
    QuantizedCase(
      op: QLinearSoftmax(attributes: ["axis": .int(2), "opset": .int(11)]),
      operands: [a] + grid(0.03, 4) + grid(1 / 256, -128),
      wanted: [
        -128, -127, -126, -123, -112, -78, 23, -128, -127, -126, -121, -107, -102, -49, -128, -128,
        -127, -124, -117, -95, -28, -128, -128, -126,
      ], hasFast: false),
    QuantizedCase(
      op: QLinearSigmoid(), operands: [a] + grid(0.03, 4) + grid(1 / 256, -128),
      wanted: [
        -123, -113, -87, -34, 36, 88, 113, -121, -109, -78, -19, 49, 95, 116, -120, -104, -67, -4,
        62, 102, 119, -117, -99, -56,
      ], hasFast: false),
    QuantizedCase(
      op: QLinearLeakyRelu(attributes: ["alpha": .float(0.1)]),
      operands: [a] + grid(0.03, 4) + grid(0.02, -50),
      wanted: [
        -69, -64, -58, -53, -22, 34, 90, -68, -63, -57, -52, -10, 46, 102, -67, -61, -56, -50, 2,
        58, 114, -66, -60, -55,
      ], hasFast: false),
    QuantizedCase(
      op: QLinearConv(attributes: ["pads": .ints([1, 1, 1, 1])]),
      operands: [a] + grid(0.03, 4) + [
        weight, Constant([Float(0.002), 0.003], .float32, [2]), Constant([Int8(0), 0], .int8, [2]),
      ] + grid(0.05, -3) + [Constant([Int32(500), -700], .int32, [2])],
      wanted: [
        5, 17, 6, 9, -10, 1, 1, 23, -8, -18, -14, -12, 6, 24, 6, 9, -19, -5, -7, 28, -15, -28, -24,
        -19,
      ]),
  ]

  func results(_ attributes: Attributes = [:]) throws -> [Int] {
    var op = op
    for name in attributes.names { op.attributes[name] = attributes[name] }
    let context = InferenceContext(operands: operands.map { $0?.type }, known: operands)
    let result = try Interpreter.evaluate(op: op, context: context)[0]
    #expect(result.type == TensorType(.int8, shape ?? Self.a.type.shape))
    return try #require(result.integers)
  }
}

@Suite struct QuantizedOperatorTests {
  @Test(arguments: QuantizedCase.all) func givesWhatOnnxruntimeGives(_ item: QuantizedCase) throws {
    #expect(try item.results() == item.wanted)
  }

  @Test(arguments: QuantizedCase.all.filter(\.hasFast))
  func fastIsWithinOne(_ item: QuantizedCase) throws {
    let got = try item.results(["requantize": .string("fast")])
    #expect(zip(got, item.wanted).allSatisfy { abs($0 - $1) <= 1 })
  }

  @Test(arguments: QuantizedCase.all.filter(\.hasFast), Requantization.Form.allCases)
  func boundsClamp(_ item: QuantizedCase, _ form: Requantization.Form) throws {
    let given: Attributes = ["requantize": .string(form.rawValue)]
    var bounded = given
    (bounded["lo"], bounded["hi"]) = (.int(-20), .int(15))
    let free = try item.results(given)
    #expect(try item.results(bounded) == free.map { min(max($0, -20), 15) })
    bounded["lo"] = .int(40)
    #expect(throws: DiagnosticMessage.self) { try item.results(bounded) }
  }

  @Test(arguments: Requantization.Form.allCases, [0.000_03, 0.004_7, 0.3, 0.5, 3.7])
  func loopsComputeWhatTheModelSays(_ form: Requantization.Form, _ scale: Double) throws {
    let scales = try #require(RequantizationScale.list([(Float(scale), 1, 1)]))
    let requantization = Requantization(form, bounds: -90...100)
    let sums = (-300...300).map { Int8(truncatingIfNeeded: $0) }
    for zero in [-128, -5, 0, 77] {
      let operands: [Constant?] =
        [Constant(sums, .int8, [601, 1])] + QuantizedCase.grid(Float(scale), 0)
        + [Constant([Int8(103)], .int8, [1, 1])] + QuantizedCase.grid(1, 0)
        + QuantizedCase.grid(1, zero)
      let op = QLinearMatMul(attributes: requantization.attributes(.int8))
      let context = InferenceContext(operands: operands.map { $0?.type }, known: operands)
      let got = try Interpreter.evaluate(op: op, context: context)[0].integers
      #expect(
        got
          == sums.map { requantization.stored(Int32($0) * 103, scales[0], zeroPoint: zero) })
    }
  }

  @Test func fastNeedsKnownScales() throws {
    var item = QuantizedCase.add(["requantize": .string("fast")])
    let operands = item.operands
    let context = InferenceContext(operands: operands.map { $0?.type })
    #expect(throws: DiagnosticMessage.self) { try item.op.inferTypes(context) }
    item = QuantizedCase(
      op: QLinearConv(attributes: ["requantize": .string("fast")]),
      operands: try #require(QuantizedCase.all.last).operands, wanted: [])
    let unknown = InferenceContext(operands: item.operands.map { $0?.type })
    let error = try #require(throws: DiagnosticMessage.self) { try item.op.inferTypes(unknown) }
    #expect(error.id == "quantization-scale")
  }

  @Test func lookupGoesByTheBits() throws {
    let table = Constant((0..<256).map { Int16($0 * 3) }, .int16, [256])
    let x = Constant([Int8(-128), -1, 0, 1, 127], .int8, [5])
    let context = InferenceContext(operands: [x.type, table.type], known: [x, table])
    let got = try Interpreter.evaluate(op: Lookup(), context: context)[0].integers
    #expect(got == [384, 765, 0, 3, 381])
  }

  @Test func biasOfAProduct() throws {
    let operands: [Constant?] =
      [Constant([Int8(3), -4], .int8, [1, 2])] + QuantizedCase.grid(1, 0)
      + [Constant([Int8(5), 6, 7, 8], .int8, [2, 2])] + QuantizedCase.grid(1, 0)
      + QuantizedCase.grid(1, 0) + [Constant([Int32(30), 40], .int32, [2])]
    let context = InferenceContext(operands: operands.map { $0?.type }, known: operands)
    let got = try Interpreter.evaluate(op: QLinearMatMul(), context: context)[0].integers
    #expect(got == [17, 26])
  }
}
