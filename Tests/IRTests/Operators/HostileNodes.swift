import CoppiceIR

/// Makes operands and attributes that no exporter would write; the same ones for the same seed.
struct HostileNodes {
  private var state: UInt64

  /// Starts a sequence.
  init(seed: String) {
    state = seed.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }

  private mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  private mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

  private mutating func pick<T>(_ choices: [T]) -> T { choices[below(choices.count)] }

  private mutating func integer() -> Int {
    if below(6) == 0 { return pick([.min, .max, -1 << 40, 1 << 40, 1 << 31, -9, 100]) }
    return below(7) - 2
  }

  private mutating func integers() -> [Int] { (0..<below(6)).map { _ in integer() } }

  private mutating func text() -> String {
    pick([
      "none", "tanh", "LEFT", "RIGHT", "constant", "edge", "reflect", "wrap", "DCR", "CRD", "add",
      "mul", "min", "max", "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID", "forward", "reverse",
      "bidirectional", "ij,jk->ik", "...i->...", "nearest", "linear", "cubic", "", "unheard of",
    ])
  }

  private mutating func attribute(_ fallback: Attribute?) -> Attribute {
    switch fallback {
    case .int?: .int(integer())
    case .float?: .float(pick([0, 1, -1, 0.5, .nan, .infinity]))
    case .string?: .string(text())
    case .ints?: .ints(integers())
    default: pick([.int(integer()), .ints(integers()), .string(text()), .floats([0.5, .nan])])
    }
  }

  private mutating func shape() -> [Int] {
    if below(12) == 0 { return (0..<below(4)).map { _ in pick([0, 1, 3, 1 << 20]) } }
    let extent = pick([1, 2, 3, 4])
    return (0..<below(5)).map { _ in below(3) == 0 ? pick([0, 1, 2, 3, 4]) : extent }
  }

  private mutating func element() -> ElementType {
    below(4) > 0
      ? .float32 : pick([.float64, .int64, .int32, .uint8, .int8, .bool, .float16, .string, .int4])
  }

  private mutating func constant(_ type: TensorType) -> Constant? {
    guard type.element.isComputable, type.count <= 256 else { return nil }
    let values = (0..<type.count).map { _ in
      type.element.isFloat ? pick([0, 1, -1.5, 2, .nan, .infinity]) : Double(integer())
    }
    let bytes = values.flatMap { Bytes.number($0, type.element).array(of: UInt8.self) }
    return Constant(type, .dense(Bytes(bytes)))
  }

  /// An operator with attributes of any value, some left out.
  mutating func node(_ type: any Operator.Type) -> any Operator {
    var attributes = Attributes()
    for declared in type.schema.attributes where below(2) == 0 {
      attributes[declared.name] = attribute(declared.fallback)
    }
    return type.init(attributes: attributes)
  }

  /// Operands of any type, known where they are small; sometimes too few or too many.
  mutating func context(_ type: any Operator.Type) -> InferenceContext {
    let more = type.schema.isVariadic ? below(3) : 0
    let count = max(0, type.schema.operands.count + more - (below(6) == 0 ? 1 : 0))
    let (common, alike) = (TensorType(element(), shape()), below(2) == 0)
    var (types, known): ([TensorType?], [Constant?]) = ([], [])
    for index in 0..<count {
      var operand = alike || index == 0 ? common : TensorType(element(), shape())
      if index > 0, below(2) == 0 { operand = TensorType(.int64, [below(4)]) }
      types.append(below(16) == 0 ? nil : operand)
      known.append(types[index] == nil || below(8) == 0 ? nil : constant(operand))
    }
    return InferenceContext(operands: types, known: known, resultCount: 1 + below(3))
  }
}
