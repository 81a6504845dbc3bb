import CoppiceIR
import Testing

/// How much loop IR element-wise operators make: in proportion to their operands.
@Suite struct ExpressionSizeTests {
  private static let elementwise = OperatorRegistry.all.filter { $0 is any Elementwise.Type }
    .map { $0.schema.name }.sorted()
  private static let variadic = ["Max", "Mean", "Min", "Sum"]

  private func builder() -> LoopBuilder {
    LoopBuilder(
      operands: [], results: [], context: InferenceContext(operands: []), constants: [],
      addConstant: { _, _, _, _, _ in fatalError("no tables here") },
      addScratch: { _, _, _ in fatalError("no scratch here") })
  }

  /// The nodes of all expressions that one element takes, and of the largest of them.
  private func size(
    _ op: any Elementwise, _ operands: Int, _ element: ElementType
  ) -> (all: Int, largest: Int) {
    let builder = builder()
    let source = Buffer(id: 0, element: element, count: operands)
    let x = (0..<operands).map { Expr.load(source, .integer($0), lanes: 1) }
    let value = op.scalar(x, builder)
    let sizes = builder.statements.map(\.nodes) + [value.nodes]
    return (sizes.reduce(0, +), sizes.max() ?? 0)
  }

  @Test(arguments: variadic, [ElementType.float32, .int16])
  func growsInProportionToTheOperands(_ name: String, _ element: ElementType) throws {
    let type = try #require(OperatorRegistry.find(name))
    let op = try #require(type.init(attributes: [:]) as? any Elementwise)
    for count in [4, 8, 16, 32, 64] {
      let size = size(op, count, element)
      #expect(size.all <= 16 * count && size.largest <= 24)
    }
  }

  @Test(arguments: elementwise) func aTailOfAnyLengthStaysSmall(_ name: String) throws {
    let type = try #require(
      OperatorRegistry.all.first { $0.schema.name == name && $0 is any Elementwise.Type })
    let attributes: Attributes = name == "BitShift" ? ["direction": .string("RIGHT")] : [:]
    let op = try #require(type.init(attributes: attributes) as? any Elementwise)
    let count = type.schema.operands.count
    for element in [ElementType.float32, .int32, .bool] {
      let operands = Array(repeating: TensorType(element, [1]) as TensorType?, count: count)
      guard (try? op.inferTypes(InferenceContext(operands: operands))) != nil else { continue }
      #expect(size(op, count, element).all <= 64)
    }
  }
}

extension Statement {
  fileprivate var nodes: Int {
    switch self {
    case .define(_, let value), .declare(_, let value), .assign(_, let value): value.nodes
    case .store(_, let place, let value): place.nodes + value.nodes
    case .loop(_, _, _, _, let body), .repeatWhile(_, let body):
      body.map(\.nodes).reduce(0, +)
    case .when(let condition, let yes, let no):
      condition.nodes + (yes + no).map(\.nodes).reduce(0, +)
    case .microkernel(let step): step.meaning.map(\.nodes).reduce(0, +)
    case .comment: 0
    }
  }
}

extension Expr {
  fileprivate var nodes: Int {
    switch self {
    case .integer, .number, .whole, .variable: 1
    case .load(_, let a, _), .unary(_, let a), .convert(let a, _), .splat(let a, _): 1 + a.nodes
    case .binary(_, let a, let b), .compare(_, let a, let b), .shuffle(let a, let b, _):
      1 + a.nodes + b.nodes
    case .select(let a, let b, let c), .pick(let a, let b, let c): 1 + a.nodes + b.nodes + c.nodes
    case .math(_, let arguments), .packed(_, let arguments): arguments.reduce(1) { $0 + $1.nodes }
    }
  }
}
