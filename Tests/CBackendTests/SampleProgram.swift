import CoppiceC
import CoppiceIR
import CoppiceLowering

/// A program of one kernel, made by hand so that every operation of loop IR is printed.
struct SampleProgram {
  var model: LoweredModel

  /// The operation on every pair of samples of an element type.
  init(_ element: ElementType, _ title: String, _ body: (Expr, Expr) -> Expr) {
    let samples = Self.samples(element)
    let count = samples.count * samples.count
    let result = body(.number(1, element), .number(1, element)).scalar
    guard case .element(let resultElement) = result else { fatalError("an element is stored") }
    var program = Program(
      inputs: [("x", TensorType(element, [samples.count]))],
      outputs: [("y", TensorType(resultElement, [samples.count, samples.count]))])
    let input = program.addBuffer(element, samples.count, .input(0), name: "x")
    let table = program.addBuffer(
      element, samples.count, .constant(Self.bytes(samples, element)), name: "table/\(title)")
    let middle = program.addBuffer(resultElement, count, .arena, name: "middle")
    let output = program.addBuffer(resultElement, count, .output(0), name: "y")
    let builder = Self.builder()
    builder.loop("i", samples.count) { i in
      builder.loop("i", samples.count) { j in
        let a = builder.define("x", .load(input, i, lanes: 1))
        _ = builder.define("unused", a)
        let value = body(a, .load(table, j, lanes: 1))
        builder.emit(.store(middle, i * samples.count + j, value))
      }
    }
    let first = Kernel(title: title, variants: [.init(body: builder.takeStatements())])
    builder.loop("i", count) { i in
      builder.emit(.store(output, i, .load(middle, i, lanes: 1)))
    }
    let second = Kernel(
      title: "copy */ of \\ \(title)", variants: [.init(body: builder.statements)])
    program.steps = [
      .init(kernel: first, nodes: ["node */ 'a'??/"]), .init(kernel: second, nodes: ["b"]),
    ]
    model = LoweredModel(program: program, plan: MemoryPlan(program, alignment: 16))
    inputs = [Self.bytes(samples, element)]
  }

  /// The elements of the input.
  var inputs: [Bytes]

  static func builder() -> LoopBuilder {
    LoopBuilder(
      operands: [], results: [],
      context: InferenceContext(operands: [], known: [], blockResults: [], resultCount: 0),
      constants: [],
      addConstant: { _, _, _, _, _ in fatalError("no tables here") },
      addScratch: { _, _, _ in fatalError("no scratch here") })
  }

  /// Zero, the ends of the range and some numbers between.
  static func samples(_ element: ElementType) -> [Double] {
    if element == .float32 || element == .float64 {
      return [0, -0.0, 1, -1, 0.5, 2.75, -3.25, 1e30, -1e30, 1e-40, 300, -70000, .infinity, .nan]
    }
    if element == .bool { return [0, 1] }
    let low =
      element.isSigned ? -Double(sign: .plus, exponent: element.bits - 1, significand: 1) : 0
    return [0, 1, 2, 3, 7, 31, 100, low, low + 1]
  }

  static func bytes(_ samples: [Double], _ element: ElementType) -> Bytes {
    switch element {
    case .float32: Bytes(samples.map { Float($0) })
    case .float64: Bytes(samples)
    case .int8: Bytes(samples.map { Int8($0) })
    case .int16: Bytes(samples.map { Int16($0) })
    case .int32: Bytes(samples.map { Int32($0) })
    case .int64: Bytes(samples.map { Int64($0) })
    case .uint16: Bytes(samples.map { UInt16($0) })
    case .uint32: Bytes(samples.map { UInt32($0) })
    case .uint64: Bytes(samples.map { UInt64($0) })
    default: Bytes(samples.map { UInt8($0) })
    }
  }
}

/// Every operation, by a name, for one element type.
func operations(_ element: ElementType) -> [(name: String, body: (Expr, Expr) -> Expr)] {
  var list: [(name: String, body: (Expr, Expr) -> Expr)] = []
  let isWhole = !element.isFloat && element != .bool
  var binaries: [BinaryOp] = [.add, .sub, .mul, .div, .min, .max]
  if isWhole { binaries += [.rem, .and, .or, .xor] }
  if element == .bool { binaries = [.and, .or, .xor] }
  for op in binaries { list.append((op.rawValue, { .binary(op, $0, $1) })) }
  if element.isUnsigned {
    list.append(("shl", { .binary(.shl, $0, $1) }))
    list.append(("shr", { .binary(.shr, $0, $1) }))
  }
  if isWhole || element.isFloat {
    list.append(("neg", { a, b in .unary(.neg, .binary(.sub, a, b)) }))
    list.append(("abs", { a, _ in .unary(.abs, a) }))
    list.append(("nest", { a, b in (a - (b - a)) * (a + b) }))
    for target in [ElementType.float32, .float64, .int8, .uint8, .int16, .int32, .uint32, .int64] {
      list.append(("to_\(target.rawValue)", { a, _ in a.converted(to: target) }))
    }
    list.append(("to_index", { a, _ in a.converted(to: .index).converted(to: .int64) }))
    list.append(("limit_low", { a, _ in a.compared(.ge, .lowest(element)) }))
    list.append(("limit_high", { a, _ in a.compared(.gt, .highest(element)) }))
  }
  for op in [CompareOp.eq, .ne, .lt, .le, .gt, .ge] {
    if element != .bool || op == .eq { list.append((op.rawValue, { $0.compared(op, $1) })) }
  }
  list.append(("select", { a, b in .select(a.compared(.ne, b), a, b) }))
  list.append(
    (
      "logic",
      { a, b in
        let same = a.compared(.eq, b)
        return .unary(.lnot, .binary(.or, same, .binary(.and, same, .unary(.lnot, same))))
      }
    ))
  return list
}

/// The element types that kernels compute in.
let computable: [ElementType] = [
  .float32, .float64, .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .bool,
]
