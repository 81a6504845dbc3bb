import CoppiceIR
import Testing

@Suite struct InterpreterTests {
  /// Runs one store of a value and gives the bytes stored.
  private func store(
    _ value: Expr, _ element: ElementType, count: Int = 1, reading input: Constant? = nil,
    _ build: ((Buffer, Buffer) -> [Statement])? = nil
  ) throws -> Bytes {
    let source = input?.type ?? TensorType(.float32, [0])
    var program = Program(
      inputs: [("x", source)], outputs: [("y", TensorType(element, [count]))])
    let x = program.addBuffer(source.element, source.count, .input(0), name: "x")
    let y = program.addBuffer(element, count, .output(0), name: "y")
    let body = build?(x, y) ?? [.store(y, .integer(0), value)]
    program.steps = [
      Program.Step(
        kernel: Kernel(title: "test", variants: [Kernel.Variant(body: body)]), nodes: [],
        scratch: [], inPlace: [:], macs: (0, 0))
    ]
    return try Interpreter.run(program, inputs: [input?.dense ?? Bytes([UInt8]())])[0]
  }

  private func whole(_ value: Expr, _ element: ElementType) throws -> Int {
    try store(value, element).integer(at: 0, element)
  }

  private func real(_ value: Expr) throws -> Float {
    try store(value, .float32).array(of: Float.self)[0]
  }

  @Test(arguments: [
    (ElementType.int8, 100.0, 100.0, -56), (.uint8, 200, 100, 44), (.int16, 32767, 1, -32768),
    (.uint32, 4_294_967_295, 2, 1), (.int32, -2_147_483_648, -1, 2_147_483_647),
  ])
  func sumsWrapToTheirWidth(_ element: ElementType, _ a: Double, _ b: Double, _ sum: Int) throws {
    #expect(try whole(.binary(.add, .number(a, element), .number(b, element)), element) == sum)
  }

  @Test func divisionByZeroGivesZero() throws {
    let (seven, zero) = (Expr.number(7, .int32), Expr.number(0, .int32))
    #expect(try whole(.binary(.div, seven, zero), .int32) == 0)
    #expect(try whole(.binary(.rem, seven, zero), .int32) == 0)
    let (least, minus) = (Expr.whole(.min, .int64), Expr.whole(-1, .int64))
    #expect(try whole(.binary(.div, least, minus), .int64) == .min)
    #expect(try whole(.binary(.div, .number(-7, .int32), .number(2, .int32)), .int32) == -3)
  }

  @Test func unsigned64ComparesAndDividesUnsigned() throws {
    let (most, one) = (Expr.whole(-1, .uint64), Expr.whole(1, .uint64))
    #expect(try whole(.compare(.gt, most, one), .bool) == 1)
    #expect(try whole(.binary(.div, most, .whole(2, .uint64)), .uint64) == .max)
    #expect(try whole(.binary(.min, most, one), .uint64) == 1)
  }

  @Test(arguments: [
    (300.7, ElementType.uint8, 255), (-1.5, .uint8, 0), (-1.9, .int8, -1), (.nan, .int32, 0),
    (1e30, .int64, Int.max), (-.infinity, .int16, -32768), (0.25, .bool, 1),
  ])
  func conversionTruncatesAndSaturates(
    _ value: Double, _ element: ElementType, _ result: Int
  ) throws {
    let real = Expr.number(value, .float64)
    #expect(try whole(.convert(real, .element(element)), element) == result)
  }

  @Test func float32RoundsAfterEachOperation() throws {
    let (big, one) = (Expr.number(16_777_216, .float32), Expr.number(1, .float32))
    #expect(try real(.binary(.sub, .binary(.add, big, one), big)) == 0)
    #expect(try real(.convert(.whole(16_777_217, .int64), .element(.float32))) == 16_777_216)
  }

  @Test func minimumOfNaNAndANumberIsTheNumber() throws {
    let (nan, two) = (Expr.number(.nan, .float32), Expr.number(2, .float32))
    #expect(try real(.binary(.min, nan, two)) == 2)
    #expect(try real(.binary(.max, two, nan)) == 2)
    #expect(try whole(.compare(.ne, nan, nan), .bool) == 1)
    #expect(try whole(.compare(.le, nan, two), .bool) == 0)
  }

  @Test func selectEvaluatesOneSide() throws {
    let value = try store(.integer(0), .float32, reading: Constant([Float(5)], .float32, [1])) {
      x, y in
      let outside = Expr.load(x, .integer(9), lanes: 1)
      let inside = Expr.load(x, .integer(0), lanes: 1)
      let no = Expr.compare(.lt, .integer(1), .integer(0))
      return [.store(y, .integer(0), .select(no, outside, inside))]
    }
    #expect(value.array(of: Float.self) == [5])
  }

  @Test(arguments: [-1, 4, Int.max])
  func accessOutsideIsAFaultOfTheCompiler(_ index: Int) throws {
    let x = Constant([Float](repeating: 0, count: 4), .float32, [4])
    let error = try #require(throws: DiagnosticMessage.self) {
      try store(.integer(0), .float32, reading: x) { x, y in
        [.store(y, .integer(0), .load(x, .integer(index), lanes: 1))]
      }
    }
    #expect(error.id == "compiler-fault")
    #expect(throws: DiagnosticMessage.self) {
      try store(.integer(0), .float32, reading: x) { _, y in
        [.store(y, .integer(index), .number(1, .float32))]
      }
    }
  }

  @Test func vectorsAreLaneWiseAndStoreTogether() throws {
    let x = Constant([Float(1), 2, 3, 4, 5], .float32, [5])
    let result = try store(.integer(0), .float32, count: 5, reading: x) { x, y in
      let copy = Expr.load(x, .integer(0), lanes: 4)
      let shifted = Expr.load(y, .integer(0), lanes: 4)
      return [
        .store(y, .integer(0), .binary(.mul, copy, .splat(.number(10, .float32), lanes: 4))),
        .store(y, .integer(1), shifted),
      ]
    }
    #expect(result.array(of: Float.self) == [10, 10, 20, 30, 40])
  }

  @Test func packedIntegersAreExact() throws {
    let word: UInt32 = 0x80fe_7f05
    func value(_ op: PackedOp, _ operands: [Expr]) throws -> UInt32 {
      let x = Constant([word, 0xffff_0003], .uint32, [2])
      let result = try store(.integer(0), .uint32, reading: x) { x, y in
        let loaded = operands.isEmpty ? [Expr.load(x, .integer(0), lanes: 1)] : operands
        return [.store(y, .integer(0), Expr.packed(op, loaded).converted(to: .uint32))]
      }
      return result.array(of: UInt32.self)[0]
    }
    #expect(try value(.widenEven, []) == 0xfffe_0005)
    #expect(try value(.widenOdd, []) == 0xff80_007f)
    #expect(try value(.extendEven, []) == 0x00fe_0005)
    #expect(try value(.extendOdd, []) == 0x0080_007f)
    #expect(try value(.pack2, [.number(-3, .int32), .number(0x12345, .int32)]) == 0x2345_fffd)
    func dot(_ a: UInt32, _ b: UInt32, _ c: Double) throws -> Int32 {
      Int32(
        bitPattern: try value(
          .dot2, [.number(Double(a), .uint32), .number(Double(b), .uint32), .number(c, .int32)]))
    }
    #expect(try dot(0x0002_fffd, 0x0005_0007, 100) == 100 - 21 + 10)
    #expect(try dot(0x8000_8000, 0x8000_8000, 0) == .min)
    func requantized(_ sum: Double, _ multiplier: Double, _ zero: Double) throws -> Int32 {
      let operands = [sum, multiplier, zero].map { Expr.number($0, .int32) }
      return Int32(bitPattern: try value(.requantize, operands))
    }
    #expect(try requantized(3, 2_147_483_647, 7) == 8)
    #expect(try requantized(6, 1_073_741_824, 0) == 2)
    #expect(try requantized(-6, 1_073_741_824, 0) == -1)
    #expect(try requantized(-7, 1_073_741_824, -5) == -7)
  }

  @Test func lanesOfTwoVectorsAreShuffled() throws {
    let x = Constant([Float(1), 2, 3, 4, 5, 6, 7, 8], .float32, [8])
    let result = try store(.integer(0), .float32, count: 4, reading: x) { x, y in
      let (a, b) = (Expr.load(x, .integer(0), lanes: 4), Expr.load(x, .integer(4), lanes: 4))
      return [.store(y, .integer(0), .shuffle(a, b, [3, 4, 5, 0]))]
    }
    #expect(result.array(of: Float.self) == [4, 5, 6, 1])
  }

  @Test func lanesAreToldByNumbers() throws {
    let x = Constant((0..<8).map { Float($0) }, .float32, [8])
    var program = Program(
      inputs: [("x", x.type)], outputs: [("y", TensorType(.float32, [4]))])
    let a = program.addBuffer(.float32, 8, .input(0), name: "x")
    let y = program.addBuffer(.float32, 4, .output(0), name: "y")
    let numbers = program.addBuffer(.uint8, 4, .constant(Bytes([UInt8]([7, 0, 3, 4]))), name: "n")
    let value = Expr.pick(
      .load(a, .integer(0), lanes: 4), .load(a, .integer(4), lanes: 4),
      .load(numbers, .integer(0), lanes: 4).converted(to: .element(.int32)))
    let body = [Statement.store(y, .integer(0), value)]
    program.steps = [Program.Step(kernel: Kernel(title: "test", variants: [.init(body: body)]))]
    #expect(
      try Interpreter.run(program, inputs: [x.dense])[0].array(of: Float.self) == [7, 0, 3, 4])
  }

  @Test func allLanesMoveAtOnce() throws {
    let x = Constant([Float(1), 2, 3, 4], .float32, [4])
    let a = Variable(id: 0, scalar: .element(.float32), lanes: 4, hint: "a")
    let result = try store(.integer(0), .float32, count: 4, reading: x) { x, y in
      [
        .declare(a, .load(x, .integer(0), lanes: 4)),
        .assign(a, .shuffle(.variable(a), .variable(a), [3, 0, 1, 2])),
        .store(y, .integer(0), .variable(a)),
      ]
    }
    #expect(result.array(of: Float.self) == [4, 1, 2, 3])
  }

  @Test func bytesThatAreMadeWhenTheyAreLentStayWhileAProgramRuns() throws {
    let count = 1 << 19
    var program = Program(outputs: [("y", TensorType(.float32, [1]))])
    let made = Bytes(derived: 4 * count) { target in
      target.withMemoryRebound(to: Float.self) { $0.update(repeating: 3) }
    }
    let x = program.addBuffer(.float32, count, .constant(made), name: "x")
    let y = program.addBuffer(.float32, 1, .output(0), name: "y")
    let body = [Statement.store(y, .integer(0), .load(x, .integer(count / 2), lanes: 1))]
    program.steps = [Program.Step(kernel: Kernel(title: "test", variants: [.init(body: body)]))]
    #expect(try Interpreter.run(program, inputs: [])[0].array(of: Float.self) == [3])
  }

  @Test func aNestedLoopSums() throws {
    let x = Constant((0..<12).map(Float.init), .float32, [12])
    let sum = Variable(id: 0, scalar: .element(.float32), lanes: 1, hint: "sum")
    let i = Variable(id: 1, scalar: .index, lanes: 1, hint: "i")
    let j = Variable(id: 2, scalar: .index, lanes: 1, hint: "j")
    let result = try store(.integer(0), .float32, reading: x) { x, y in
      let value = Expr.load(x, .variable(i) * 4 + .variable(j), lanes: 1)
      let inner = Statement.assign(sum, .variable(sum) + value)
      let loop = Statement.loop(j, from: .variable(i), to: .integer(4), step: 2, [inner])
      return [
        .declare(sum, .number(0, .float32)),
        .loop(i, from: .integer(0), to: .integer(3), step: 1, [loop]),
        .store(y, .integer(0), .variable(sum)),
      ]
    }
    #expect(result.array(of: Float.self) == [24])
  }

  @Test func aConditionIsTestedBeforeTheFirstTurn() throws {
    let n = Variable(id: 0, scalar: .element(.int32), lanes: 1, hint: "n")
    for (start, end) in [(3.0, 10), (50.0, 50)] {
      let result = try store(.integer(0), .int32) { _, y in
        let more = Expr.variable(n).compared(.lt, .number(10, .int32))
        return [
          .declare(n, .number(start, .int32)),
          .repeatWhile(more, [.assign(n, .variable(n) + .number(1, .int32))]),
          .store(y, .integer(0), .variable(n)),
        ]
      }
      #expect(result.integer(at: 0, .int32) == end)
    }
  }

  @Test func inputsOfTheWrongSizeAreRefused() throws {
    let program = Program(inputs: [("x", TensorType(.float32, [2]))], outputs: [])
    let error = try #require(throws: DiagnosticMessage.self) {
      try Interpreter.run(program, inputs: [Bytes([Float(1)])])
    }
    #expect(error.id == "run-inputs")
  }
}
